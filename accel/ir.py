"""The values that flow through the pipeline: Source, Facts, Signature, Plan, Lowered, Entry. Frozen and printable.

A function body is a `Flow`: blocks of simple instructions over names. Names of the user are as written; `%12` is the value
of the syntax node number 12, `%iter7` the state of the loop at node 7, `%ret3` a value being returned through `finally`.
"""

from __future__ import annotations

from accel.values import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator
    from types import CodeType, FunctionType
    from typing import Any

    from accel.types.kinds import Kind

__all__ = [
    "HIGHEST",
    "LENGTH_SIGN",
    "LOWEST",
    "STRIPS",
    "SUM_STEPS",
    "Access",
    "Affine",
    "Block",
    "Call",
    "ElementForm",
    "Entry",
    "Exit",
    "Facts",
    "Fault",
    "Flow",
    "GatePlan",
    "Guard",
    "Instruction",
    "Live",
    "Lowered",
    "Plan",
    "PythonStep",
    "Signature",
    "Source",
    "TypedFunction",
]


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A function together with its own syntax tree, checked against its byte code.

    `nodes` numbers the nodes of `tree` in the order of `ast.walk`; `numbers` is the inverse (by `id`). Line numbers of the
    tree are those of the file.
    """

    function: FunctionType
    tree: ast.FunctionDef | ast.Lambda
    filename: str
    lines: tuple[str, ...]
    nodes: tuple[ast.AST, ...]
    parents: dict[int, tuple[int, str, int | None]]  # node number -> (parent number, field, index in the field or None)
    enclosing: FunctionType | None = None  # of a nested function: the outermost one around it, which has the cells of both

    @property
    def code(self) -> CodeType:
        """The code object the tree was checked against."""
        return self.function.__code__

    @property
    def name(self) -> str:
        """Qualified name, for messages."""
        return self.function.__qualname__


@dataclass(slots=True, eq=False)
class Instruction:
    """One step of a flow: `targets = op(arguments)`.

    `arguments` are names. `detail` depends on the op: operator symbol, attribute name, constant, global path, keyword
    names, number of items. `node` and `phase` say where in the source it stands, which is where CPython goes on when
    compiled code has to leave here.
    """

    op: str
    targets: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    detail: Any = None
    node: int = 0
    phase: str = ""
    when: tuple[str, bool] | None = (
        None  # computed whether or not this name has this truth; should it fail, CPython looks at the name again
    )
    is_sure: bool = False  # of loads and stores of SIMD values: all lanes are known to be inside of the array

    def __str__(self) -> str:
        targets = f"{', '.join(self.targets)} = " if self.targets else ""
        detail = "" if self.detail is None else f"[{self.detail}]"
        when = "" if self.when is None else f" when {'' if self.when[1] else 'not '}{self.when[0]}"
        return f"{targets}{self.op}{detail} {', '.join(self.arguments)}".rstrip() + when


@dataclass(slots=True, eq=False)
class Block:
    """Straight-line instructions; the last one is the terminator, whose `successors` name the blocks that may follow."""

    name: str
    instructions: list[Instruction] = field(default_factory=list)
    successors: tuple[str, ...] = ()

    def __str__(self) -> str:
        after = f"  -> {', '.join(self.successors)}" if self.successors else ""
        return f"{self.name}:\n" + "\n".join(f"  {i}" for i in self.instructions) + after


@dataclass(slots=True, eq=False)
class Flow:
    """The body of one function as a graph of blocks; the first block is the entry."""

    name: str
    parameters: tuple[str, ...]
    blocks: dict[str, Block]

    def __str__(self) -> str:
        return f"flow {self.name}({', '.join(self.parameters)})\n" + "\n".join(map(str, self.blocks.values()))

    def ordered(self, retries: dict[int, str]) -> list[Block]:
        """The blocks that can be reached, each behind all blocks through which every way to it leads (reverse postorder).

        `retries` are blocks that instructions, by id, go to when they fail.
        """
        from accel.graphs import reverse_postorder  # a warm process lowers nothing

        def after(name: str) -> list[str]:
            block = self.blocks[name]
            return [*block.successors, *(retries[id(i)] for i in block.instructions if id(i) in retries)]

        return [self.blocks[name] for name in reverse_postorder("entry", after)]

    def instructions(self) -> Iterator[Instruction]:
        """Every instruction, block by block."""
        for block in self.blocks.values():
            yield from block.instructions


STRIPS = (32, 8)  # turns of a strip
SUM_STEPS = 4  # at most, of a sum of integers in a turn
LENGTH_SIGN = "#"  # `a#1` stands for `a.shape[1]`
LOWEST, HIGHEST = "%lowest", "%highest"  # the least and the greatest item of the loop a gate stands in front of


@dataclass(frozen=True, slots=True)
class Affine:
    """`constant + sum(coefficient * name)`: names of ints, of items of loops (`%item7`), lengths of arrays (`a#1`)."""

    constant: int = 0
    terms: tuple[tuple[str, int], ...] = ()

    def __add__(self, other: Affine) -> Affine:
        terms = dict(self.terms)
        for name, coefficient in other.terms:
            terms[name] = terms.get(name, 0) + coefficient
        return Affine(self.constant + other.constant, tuple(sorted((n, c) for n, c in terms.items() if c)))

    def scaled(self, factor: int) -> Affine:
        """Times a number."""
        return Affine(self.constant * factor, tuple((n, c * factor) for n, c in self.terms if factor))

    def put(self, name: str, value: int) -> Affine:
        """With a number for one of the names."""
        coefficient = dict(self.terms).get(name, 0)
        return self + Affine(value * coefficient, ((name, -coefficient),))

    @property
    def is_from_end(self) -> bool:
        """Whether it is a subscript that counts from the end."""
        return not self.terms and self.constant < 0

    @property
    def names(self) -> tuple[str, ...]:
        """The names one needs to evaluate it."""
        return tuple(name.partition(LENGTH_SIGN)[0] for name, _ in self.terms)

    def __str__(self) -> str:
        return " + ".join([str(self.constant), *(f"{c} * {n}" for n, c in self.terms)])


@dataclass(frozen=True, slots=True)
class Access:
    """An element of an array whose subscripts are known to be in range."""

    array: str
    indexes: tuple[Affine, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The array, and the other names one needs for its address."""
        return tuple(dict.fromkeys((self.array, *(n for i in self.indexes for n in i.names))))

    def put(self, name: str, value: int) -> Access:
        """With a number for one of the names."""
        return Access(self.array, tuple(i.put(name, value) for i in self.indexes))

    def __str__(self) -> str:
        return ", ".join(map(str, self.indexes))


@dataclass(frozen=True, slots=True)
class GatePlan:
    """What a gate in front of a loop nest finds out: subscripts of an axis of an array are in range from the least to the greatest; arrays
    share no memory; no two elements of an array lie in one place."""

    ranges: tuple[tuple[str, int, Affine, Affine], ...]
    apart: tuple[tuple[str, str], ...] = ()
    solid: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names one needs."""
        found = {n for array, _, *limits in self.ranges for n in (array, *limits[0].names, *limits[1].names)}
        found |= {n for pair in self.apart for n in pair} | set(self.solid)
        return tuple(sorted(found - {LOWEST, HIGHEST}))

    def __str__(self) -> str:
        return f"{len(self.ranges)} subscripts, {len(self.apart)} pairs apart"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that can't be compiled: `what` it is, the number of its syntax node, `slug` of the page that explains it (none when
    leaving there costs too little to refuse the function)."""

    node: int
    what: str
    slug: str
    why: str = ""
    do: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """What reading a function tells: its flow, the names it uses from outside, and what can't be compiled."""

    source: Source
    flow: Flow
    faults: dict[int, Fault]  # id(leave instruction) -> what it stands for
    has_loops: bool
    nested: dict[int, Facts] = field(default_factory=dict)  # number of a def or lambda -> its facts
    captured: tuple[str, ...] = ()  # names of an enclosing compiled function, its first parameters
    written: tuple[str, ...] = ()  # those among them it binds: its result is a tuple with their values behind its own


@dataclass(frozen=True, slots=True)
class Signature:
    """The kinds of the arguments a specialisation is for, in the order of the parameters."""

    kinds: tuple[Kind, ...]

    def __str__(self) -> str:
        return f"({', '.join(map(str, self.kinds))})"


@dataclass(frozen=True, slots=True, eq=False)
class Guard:
    """Something that was looked up while compiling and must still be the same object at each call.

    `what` is "global" (namespace, name), "cell" (cell, ""), "function" (function, "": its code and defaults) or "class" (class, "": its version is `value`).
    `value` is what was found; for a global that is a builtin, `holder` is the globals and `missing` is True: the name must
    still be absent there (and a second guard watches the builtins).
    """

    what: str
    holder: Any
    name: str
    value: Any
    missing: bool = False
    path: tuple[str, ...] = ()  # how it is found again in another process: ("math", "sqrt"), from the function's globals


@dataclass(frozen=True, slots=True)
class Live:
    """A name whose value CPython needs when it goes on at an exit: where it lies in the exit record (in 8-byte words)."""

    name: str
    kind: Kind
    offset: int
    flag: int = -1  # word that is 0 when the name is unbound; -1: always bound


@dataclass(frozen=True, slots=True)
class Exit:
    """A place where compiled code may leave and CPython goes on: syntax node, phase within it, live names.

    `result` is the name (`%12`) of a call's value that comes as an object, or of an exception to raise there. `gives` are variables
    of the function around whose values the caller takes over when CPython is done; `takes` are those variables, as named here, where
    a call of such a function has ended in CPython. `asks` is the method ("Point.__bool__") that the operation asks its operand for, which has answered
    `%result`, or has raised it where `raises`.
    """

    node: int
    phase: str
    live: tuple[Live, ...]
    gives: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    asks: str = ""
    raises: bool = False


@dataclass(frozen=True, slots=True)
class PythonStep:
    """An operation that compiled code has CPython do: an expression (or statement) over `a0`, `a1`, ... and globals.

    It runs as a function with the name, file and line of the user's, so that warnings and tracebacks point there.
    `operands` are positions among the instruction's arguments. One that `takes_over` an array leaves the object it was given read-only.
    """

    text: str
    line: int
    operands: tuple[int, ...]
    takes_over: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """What a call instruction calls: the function of a known name, or another typed function with its arguments bound.

    `bound` holds for each parameter ("argument", position among the arguments), ("default", value) or, for the one with `*`, ("rest", positions).
    The arguments are `operands` of the instruction, by position; None stands for all behind the first, the callee. The name "struct" stands for a call of a
    struct's class, with a value for each field; where there is a function, too, it is `__post_init__`, and those values are `given`. Names that begin with "simd." stand
    for what is done with SIMD values, with what `accel.specialize.vectors` has noted.
    `asks` is the special method ("Point.__bool__") that an operation asks its operand for, and looks at the answer; of a comparison that makes "bool" of the
    answer, or "not", it is that.
    """

    name: str = ""
    function: TypedFunction | None = None
    bound: tuple[Any, ...] = ()
    operands: tuple[int, ...] | None = None
    asks: str = ""
    given: tuple[tuple[str, Any], ...] = ()


@dataclass(slots=True, eq=False)
class TypedFunction:
    """A flow with the kind of every name at every point."""

    symbol: str
    source: Source
    flow: Flow
    kinds: tuple[Kind, ...]  # of the parameters
    result: Kind
    entry_states: dict[str, dict[str, tuple[Kind, bool]]] = field(default_factory=dict)  # block -> name -> (kind, may be unbound)
    argument_kinds: dict[int, tuple[Kind, ...]] = field(default_factory=dict)  # id(instruction) -> kinds of its arguments
    target_kinds: dict[int, tuple[Kind, ...]] = field(default_factory=dict)
    live: dict[int, frozenset[str]] = field(default_factory=dict)  # id(instruction) -> names needed before it
    maybe_unbound: dict[int, bool] = field(default_factory=dict)  # id(bound instruction) -> whether it has to be tested
    constants: dict[int, Any] = field(default_factory=dict)  # id(instruction) -> value known while compiling
    calls: dict[int, Call] = field(default_factory=dict)  # id(call instruction) -> what is called
    steps: dict[int, PythonStep] = field(default_factory=dict)  # id(instruction) -> what CPython does for it
    outside: dict[int, int] = field(default_factory=dict)  # id(outside instruction) -> number of the guard that watches the array
    picks: dict[int, int | slice] = field(default_factory=dict)  # id(item instruction) -> constant subscript of a tuple
    recursive: bool = False
    counted: bool = False  # whether its calls count, as recursive functions can be reached from it
    written: tuple[str, ...] = ()  # captured names it binds
    passes: set[tuple[Access, Access]] = field(default_factory=set)  # a store that can be made after a later load
    covered: set[int] = field(default_factory=set)  # ids of operations whose result a later test tells about
    adds: dict[int, int] = field(
        default_factory=dict
    )  # id(operation) -> id of the one with whose result its own is tested (maybe itself)
    retries: dict[int, str] = field(default_factory=dict)  # id(instruction) -> block to go to when it fails
    cold: set[str] = field(default_factory=set)  # blocks of loops that have a faster version
    counters: set[int] = field(default_factory=set)  # ids of additions and subtractions that stay in 64 bits
    carried: dict[int, tuple[str, ...]] = field(default_factory=dict)  # loop node -> names to be tested behind each strip
    tested: dict[int, tuple[tuple[int, str], ...]] = field(
        default_factory=dict
    )  # loop node -> buffers to be tested there, with their dtype
    summed: set[int] = field(default_factory=set)  # ids of steps of integer sums in strips, which are to be small
    bounded: dict[int, tuple[str, ...]] = field(default_factory=dict)  # loop node -> such sums, which are to be far from the ends
    faults: dict[int, Fault] = field(default_factory=dict)  # id(instruction) -> why CPython must do it

    def renew(self, flow: Flow) -> None:
        """Start over with another flow; the result found so far stays."""
        self.flow = flow
        self.entry_states.clear()
        for found in self.by_instruction():
            found.clear()

    def state_after(self, state: dict[str, tuple[Kind, bool]], instructions: list[Instruction]) -> dict[str, tuple[Kind, bool]]:
        """The kinds of names, and whether they may be unbound, behind instructions that follow one another."""
        state = dict(state)
        for i in instructions:
            if i.op == "bound" and i.arguments[0] in state:
                state[i.arguments[0]] = (state[i.arguments[0]][0], False)
            elif i.op == "delete":
                state.pop(i.arguments[0], None)
            for target, kind in zip(i.targets, self.target_kinds.get(id(i), ()), strict=False):
                state[target] = (kind, False)
        return state

    def reached_from(self, block: Block) -> tuple[str, ...]:
        """The successors of a block that can be reached: a condition known while compiling leaves one."""
        if block.instructions[-1].op == "branch":
            for i in block.instructions:
                if i.targets == block.instructions[-1].arguments and id(i) in self.constants:
                    return block.successors[:1] if self.constants[id(i)] else block.successors[1:]
        return block.successors

    def by_instruction(self) -> tuple[dict[int, Any], ...]:
        """What is known of instructions, by their ids."""
        return (self.argument_kinds, self.target_kinds, self.live, self.maybe_unbound, self.constants, self.calls, self.steps,
                self.outside, self.picks, self.faults)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What to compile: the function and all it calls, with the guards under which that is right."""

    signature: Signature
    root: TypedFunction
    functions: tuple[TypedFunction, ...]
    guards: tuple[Guard, ...]
    relaxed: bool = False  # float operations may be reordered and contracted
    inline: bool = True  # calls may be replaced by the bodies of what is called
    nogil: bool = False  # runs without the GIL where it touches no Python objects


@dataclass(frozen=True, slots=True, eq=False)
class Lowered:
    """Relocatable machine code and the description of its boundary.

    `image` is what `accel.runtime.image.Image.dumps` gives. `exits` are, for each function by symbol, its exits in order.
    """

    signature: Signature
    result: Kind
    image: bytes
    guards: tuple[Guard, ...]
    exits: dict[str, tuple[Exit, ...]]
    text: str = ""
    steps: dict[str, tuple[PythonStep, ...]] = field(default_factory=dict)  # by symbol of the function, in order
    sources: dict[str, Any] = field(default_factory=dict)  # symbol -> Source of each function, where it is at hand
    classes: tuple[Any, ...] = ()  # structs it makes and takes, and objects it compares with, by the number in their symbol


@dataclass(frozen=True, slots=True)
class ElementForm:
    """What a loop over elements is for: dtypes of the inputs by type character, number of results, the inputs that are expected to be the
    same for all elements, whether machine code is wanted or just the kind of the results, how many threads share large calls (0: as many as
    `accel.parallel` says), and how accurate elementary functions are (`accel.options.ACCURACIES`)."""

    inputs: tuple[str, ...]
    outputs: int
    uniform: frozenset[int] = frozenset()
    is_compiled: bool = True
    threads: int = 0
    accuracy: str = "exact"


@dataclass(slots=True, eq=False)
class Entry:
    """A specialisation that is loaded into this process and can be called."""

    signature: Signature
    result: Kind
    address: int
    loaded: Any
    lowered: Lowered
    own_words: dict[str, int] = field(default_factory=dict)  # addresses of the function's code and defaults it is for
