"""Which modules of the interpreter's test package are run, which are not and why, and what in them stays undecorated."""

from __future__ import annotations

__all__ = ["EXCLUDED", "MODULES", "SHARED", "UNDECORATED", "choose_modules"]

LANGUAGE = """
augassign binop call class compare contains coroutines asyncgen decorators descr dynamic dynamicclassattribute exceptions except_star
exception_group exception_hierarchy exception_variations baseexception extcall fstring funcattrs generator_stop generators genexps global
grammar int_literal isinstance iter iterlen keywordonlyarg listcomps dictcomps setcomps longexp metaclass named_expressions opcodes patma
positional_only_arg raise richcmp scope slice string_literals subclassinit super typechecks type_params type_aliases unary unpack
unpack_ex with yield_from property contextlib dataclasses genericclass
""".split()
BUILTINS = "bool builtin bytes dict dictviews enumerate format hash index int list memoryview range set sort str unicode string tuple types".split()
NUMBERS = "abstract_numbers cmath complex decimal float fractions long math math_property numeric_tower pow random statistics strtod".split()
CONTAINERS = """
array bisect collections colorsys copy defaultdict deque enum functools heapq itertools operator ordered_dict reprlib struct userdict
userlist userstring weakref weakset textwrap keyword
""".split()
MODULES = tuple(f"test_{name}" for name in [*LANGUAGE, *BUILTINS, *NUMBERS, *CONTAINERS])

SHARED = frozenset(
    f"test.{name}" for name in ["list_tests", "seq_tests", "mapping_tests", "string_tests", "pickletester", "ann_module", "test_math_property"]
)

EXCLUDED = {
    "test_dis": "compares the byte code of its own functions",
    "test_code": "looks at the code objects of its own functions and replaces them",
    "test_compile": "compiles texts: nothing of it is decorated",
    "test_peepholer": "compares byte code",
    "test_opcache": "looks at how the interpreter specialises the very code object",
    "test_frame": "looks at the frames of its own functions",
    "test_inspect": "reads its own source and line numbers of decorators",
    "test_monitoring": "installs monitors: accel then runs plain Python by design, nothing is tested",
    "test_sys_settrace": "installs tracers: accel then runs plain Python by design",
    "test_sys_setprofile": "installs profilers: accel then runs plain Python by design",
    "test_gc": "counts the objects and reference cycles of the whole process",
    "test_tracemalloc": "counts allocations of the whole process",
    "test_capi": "needs the test extension of CPython's C API",
    "test_syntax": "texts that do not compile: nothing of it is decorated",
    "test_typing": "about annotations; its functions are never called",
    "test_threading": "starts and kills processes; takes minutes",
    "test_traceback": "counts the lines between decorators and def",
}

# "module:qualified name" (a trailing dot takes all inside) -> why these functions are left as they are.
UNDECORATED: dict[str, str] = {
    "test_descr:ClassPropertiesAndMethods.test_slots_multiple_inheritance": "compares the sizes of types",
    "test_descr:ClassPropertiesAndMethods.test_slots.": "counts the objects of the whole process around the first call of a function",
    "test_funcattrs:FunctionPropertiesTest.": "sets __code__, __closure__, __builtins__ and reads co_ attributes of its own functions",
    "test_funcattrs:FuncAttrsTest.setUp.": "makes the functions whose attributes, __dict__ included, are compared",
    "test_types:CoroutineTests.": "compares the flags of its own code objects",
    "test_scope:ScopeTests.testEvalFreeVars": "execs the code object of its own function",
}


def choose_modules(names: list[str], present: set[str]) -> list[str]:
    """The modules asked for (all, by default) that this interpreter has."""
    wanted = [name if name.startswith("test_") else f"test_{name}" for name in names] or list(MODULES)
    return [name for name in wanted if name in present]
