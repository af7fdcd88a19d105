"""LLVM text of the machine code that makes objects of one struct: the `vectorcall` of its class.

`scripts/make-stubs` assembles it for plain x86-64 and writes `accel/runtime/stubs.py`.
"""

from __future__ import annotations

from accel.runtime.classes import VERSION_OFFSET

__all__ = ["CONSTRUCT", "MOST_FIELDS"]

MOST_FIELDS = 32
HEADER_WORDS = 5

# The table: number of fields, how many may be given by position, `__post_init__` or 0, what is called with arguments that need a closer look, the version of the class
# that this holds for; then for each field the class its value must have (0: always look closer), its offset, its default or 0, its name.
CONSTRUCT = f"""
@table = external global [0 x i64]
declare ptr @PyType_GenericAlloc(ptr, i64)
declare ptr @PyObject_Vectorcall(ptr, ptr, i64, ptr)
declare void @Py_IncRef(ptr)
declare void @Py_DecRef(ptr)

define internal ptr @part(i64 %field, i64 %which) alwaysinline {{
  %row = mul i64 %field, 4
  %first = add i64 %row, {HEADER_WORDS}
  %at = add i64 %first, %which
  %place = getelementptr i64, ptr @table, i64 %at
  %value = load ptr, ptr %place
  ret ptr %value
}}

define ptr @construct(ptr %class, ptr %args, i64 %nargsf, ptr %kwnames) {{
entry:
  %room = alloca [{MOST_FIELDS} x ptr]
  %given = and i64 %nargsf, 9223372036854775807
  %count = load i64, ptr @table
  %most_at = getelementptr i64, ptr @table, i64 1
  %most = load i64, ptr %most_at
  %too_many = icmp ugt i64 %given, %most
  %version_at = getelementptr i8, ptr %class, i64 {VERSION_OFFSET}
  %version = load i32, ptr %version_at
  %wide = zext i32 %version to i64
  %known_at = getelementptr i64, ptr @table, i64 4
  %known = load i64, ptr %known_at
  %changed = icmp ne i64 %wide, %known
  %closer_look = or i1 %too_many, %changed
  br i1 %closer_look, label %slow, label %fits
fits:
  %plain = icmp eq ptr %kwnames, null
  %full = icmp eq i64 %given, %count
  %direct = and i1 %plain, %full
  br i1 %direct, label %check, label %copy
copy:
  %c = phi i64 [ 0, %fits ], [ %c1, %copied ]
  %c_more = icmp ult i64 %c, %count
  br i1 %c_more, label %copy_one, label %keywords
copy_one:
  %c_given = icmp ult i64 %c, %given
  %c_to = getelementptr ptr, ptr %room, i64 %c
  br i1 %c_given, label %copy_argument, label %copy_nothing
copy_argument:
  %c_from = getelementptr ptr, ptr %args, i64 %c
  %c_value = load ptr, ptr %c_from
  store ptr %c_value, ptr %c_to
  br label %copied
copy_nothing:
  store ptr null, ptr %c_to
  br label %copied
copied:
  %c1 = add i64 %c, 1
  br label %copy
keywords:
  br i1 %plain, label %defaults, label %named
named:
  %names_size_at = getelementptr i64, ptr %kwnames, i64 2
  %names_size = load i64, ptr %names_size_at
  br label %name
name:
  %k = phi i64 [ 0, %named ], [ %k1, %found ]
  %k_more = icmp ult i64 %k, %names_size
  br i1 %k_more, label %name_one, label %defaults
name_one:
  %k_word = add i64 %k, 3
  %k_at = getelementptr ptr, ptr %kwnames, i64 %k_word
  %k_name = load ptr, ptr %k_at
  br label %search
search:
  %s = phi i64 [ 0, %name_one ], [ %s1, %search_next ]
  %s_more = icmp ult i64 %s, %count
  br i1 %s_more, label %search_one, label %slow
search_one:
  %s_name = call ptr @part(i64 %s, i64 3)
  %s_same = icmp eq ptr %s_name, %k_name
  br i1 %s_same, label %match, label %search_next
search_next:
  %s1 = add i64 %s, 1
  br label %search
match:
  %m_to = getelementptr ptr, ptr %room, i64 %s
  %m_held = load ptr, ptr %m_to
  %m_free = icmp eq ptr %m_held, null
  br i1 %m_free, label %found, label %slow
found:
  %k_index = add i64 %given, %k
  %k_from = getelementptr ptr, ptr %args, i64 %k_index
  %k_value = load ptr, ptr %k_from
  store ptr %k_value, ptr %m_to
  %k1 = add i64 %k, 1
  br label %name
defaults:
  %d = phi i64 [ 0, %keywords ], [ 0, %name ], [ %d1, %defaulted ]
  %d_more = icmp ult i64 %d, %count
  br i1 %d_more, label %default_one, label %check
default_one:
  %d_to = getelementptr ptr, ptr %room, i64 %d
  %d_held = load ptr, ptr %d_to
  %d_free = icmp eq ptr %d_held, null
  br i1 %d_free, label %default_missing, label %defaulted
default_missing:
  %d_default = call ptr @part(i64 %d, i64 2)
  store ptr %d_default, ptr %d_to
  %d_none = icmp eq ptr %d_default, null
  br i1 %d_none, label %slow, label %defaulted
defaulted:
  %d1 = add i64 %d, 1
  br label %defaults
check:
  %values = phi ptr [ %args, %fits ], [ %room, %defaults ]
  br label %check_next
check_next:
  %t = phi i64 [ 0, %check ], [ %t1, %checked ]
  %t_more = icmp ult i64 %t, %count
  br i1 %t_more, label %check_one, label %make
check_one:
  %t_at = getelementptr ptr, ptr %values, i64 %t
  %t_value = load ptr, ptr %t_at
  %t_class_at = getelementptr ptr, ptr %t_value, i64 1
  %t_class = load ptr, ptr %t_class_at
  %t_wanted = call ptr @part(i64 %t, i64 0)
  %t_right = icmp eq ptr %t_class, %t_wanted
  br i1 %t_right, label %checked, label %slow
checked:
  %t1 = add i64 %t, 1
  br label %check_next
make:
  %made = call ptr @PyType_GenericAlloc(ptr %class, i64 0)
  %failed = icmp eq ptr %made, null
  br i1 %failed, label %done, label %fill
fill:
  %f = phi i64 [ 0, %make ], [ %f1, %fill_one ]
  %f_more = icmp ult i64 %f, %count
  br i1 %f_more, label %fill_one, label %filled
fill_one:
  %f_at = getelementptr ptr, ptr %values, i64 %f
  %f_value = load ptr, ptr %f_at
  call void @Py_IncRef(ptr %f_value)
  %f_offset = call ptr @part(i64 %f, i64 1)
  %f_number = ptrtoint ptr %f_offset to i64
  %f_to = getelementptr i8, ptr %made, i64 %f_number
  store ptr %f_value, ptr %f_to
  %f1 = add i64 %f, 1
  br label %fill
filled:
  %post_at = getelementptr ptr, ptr @table, i64 2
  %post = load ptr, ptr %post_at
  %ready = icmp eq ptr %post, null
  br i1 %ready, label %done, label %after
after:
  store ptr %made, ptr %room
  %answer = call ptr @PyObject_Vectorcall(ptr %post, ptr %room, i64 1, ptr null)
  %refused = icmp eq ptr %answer, null
  br i1 %refused, label %drop, label %drop_answer
drop:
  call void @Py_DecRef(ptr %made)
  ret ptr null
drop_answer:
  call void @Py_DecRef(ptr %answer)
  br label %done
done:
  ret ptr %made
slow:
  %slow_at = getelementptr ptr, ptr @table, i64 3
  %closer = load ptr, ptr %slow_at
  %r = call ptr @PyObject_Vectorcall(ptr %closer, ptr %args, i64 %given, ptr %kwnames)
  ret ptr %r
}}
"""
