"""LLVM text of the machine code that checks the arguments of annotated functions which CPython runs.

`scripts/make-stubs` assembles it, with `accel.lower.{apart,lending}`, for plain x86-64 and writes `accel/runtime/stubs.py`. It only passes what is right
without doubt; all else goes to the miss, where `accel.dispatch.dispatcher` looks again, converts and raises. `accel.dispatch.checks` writes the records it reads.
"""

from __future__ import annotations

__all__ = ["CHECKS", "HEADER_WORDS", "MOST_ARGUMENTS", "MOST_CLASSES", "MOST_ROWS", "ROW_WORDS"]

MOST_ROWS = 16  # parameters that are looked at
MOST_ARGUMENTS = 64  # of a call that is lent something
MOST_CLASSES = 8
HEADER_WORDS = 8
ROW_WORDS = 18

# A record, in words: code, defaults and keyword defaults of the function that it holds for; numbers of parameters, of positional and positional-only ones, of rows,
# of pairs of rows whose arrays may share no memory. Then the names of the parameters; the rows; the pairs.
# A row: position; what is looked at (1 an array, 2 whose it is, 4 it is lent); the default value, if an argument that is this very object fits; whether the default fits: 0 no,
# 1 yes, 2 look it up; and of an array: number of axes; class of an element, word of a dtype, the usual dtype; which flags are looked at, and what they must be; lengths
# of the axes, -1 for any, up to 8 (which is where the classes of others stand); a view that waits for its next use.
# Arrays: data 16, axes 24, lengths 32, strides 40, base 48, dtype 56, flags 64, weak references 72, exported buffers 80. Dtypes: class 16, word 24, size 40, names 104.
# The index of records: a mask, then pairs of the address of a function and of its record.
CHECKS = f"""
declare ptr @miss(ptr, ptr, i64, ptr)
declare ptr @plain(ptr, ptr, i64, ptr)
declare ptr @PyDict_GetItem(ptr, ptr)
@ndarray = external global i8
@_Py_NoneStruct = external global i8
@"accel.records" = external global ptr
@"accel.suspended" = external global i64
@"accel.moved" = external global i64

define internal i64 @word(ptr %base, i64 %k) alwaysinline {{
  %at = getelementptr i64, ptr %base, i64 %k
  %value = load i64, ptr %at
  ret i64 %value
}}

define internal ptr @field(ptr %object, i64 %offset) alwaysinline {{
  %at = getelementptr i8, ptr %object, i64 %offset
  %value = load ptr, ptr %at
  ret ptr %value
}}

define internal i32 @half(ptr %object, i64 %offset) alwaysinline {{
  %at = getelementptr i8, ptr %object, i64 %offset
  %value = load i32, ptr %at
  ret i32 %value
}}

define internal ptr @find_record(ptr %self) alwaysinline {{
entry:
  %index = load ptr, ptr @"accel.records"
  %mask = load i64, ptr %index
  %address = ptrtoint ptr %self to i64
  %spread = mul i64 %address, -7046029254386353131
  %first = lshr i64 %spread, 32
  br label %probe
probe:
  %k = phi i64 [ %first, %entry ], [ %k1, %next ]
  %slot = and i64 %k, %mask
  %pair = shl i64 %slot, 1
  %key_at = add i64 %pair, 1
  %key = call i64 @word(ptr %index, i64 %key_at)
  %found = icmp eq i64 %key, %address
  br i1 %found, label %hit, label %other
other:
  %end = icmp eq i64 %key, 0
  br i1 %end, label %absent, label %next
next:
  %k1 = add i64 %k, 1
  br label %probe
hit:
  %record_at = add i64 %pair, 2
  %record_word = call i64 @word(ptr %index, i64 %record_at)
  %record = inttoptr i64 %record_word to ptr
  ret ptr %record
absent:
  ret ptr null
}}

define internal ptr @find_rows(ptr %record) alwaysinline {{
  %count = call i64 @word(ptr %record, i64 3)
  %first = add i64 %count, {HEADER_WORDS}
  %rows = getelementptr i64, ptr %record, i64 %first
  ret ptr %rows
}}

define internal i1 @is_current(ptr %record, ptr %self) alwaysinline {{
  %code = call i64 @word(ptr %self, i64 6)
  %defaults = call i64 @word(ptr %self, i64 7)
  %keywords = call i64 @word(ptr %self, i64 8)
  %code0 = call i64 @word(ptr %record, i64 0)
  %defaults0 = call i64 @word(ptr %record, i64 1)
  %keywords0 = call i64 @word(ptr %record, i64 2)
  %a = icmp eq i64 %code, %code0
  %b = icmp eq i64 %defaults, %defaults0
  %c = icmp eq i64 %keywords, %keywords0
  %ab = and i1 %a, %b
  %abc = and i1 %ab, %c
  ret i1 %abc
}}

; the place of a keyword among all, -1 if there is none of this name
define internal i64 @find_keyword(ptr %kwnames, i64 %size, i64 %name) alwaysinline {{
entry:
  %names = getelementptr i8, ptr %kwnames, i64 24
  br label %loop
loop:
  %k = phi i64 [ 0, %entry ], [ %k1, %next ]
  %more = icmp ult i64 %k, %size
  br i1 %more, label %look, label %none
look:
  %one = call i64 @word(ptr %names, i64 %k)
  %same = icmp eq i64 %one, %name
  br i1 %same, label %hit, label %next
next:
  %k1 = add i64 %k, 1
  br label %loop
hit:
  ret i64 %k
none:
  ret i64 -1
}}

; whether each keyword is the very name of a parameter that may be given so
define internal i1 @knows_keywords(ptr %record, ptr %kwnames, i64 %size) {{
entry:
  %names = getelementptr i64, ptr %record, i64 {HEADER_WORDS}
  %count = call i64 @word(ptr %record, i64 3)
  %first = call i64 @word(ptr %record, i64 5)
  br label %loop
loop:
  %p = phi i64 [ %first, %entry ], [ %p1, %look ]
  %held = phi i64 [ 0, %entry ], [ %held1, %look ]
  %more = icmp ult i64 %p, %count
  br i1 %more, label %look, label %done
look:
  %name = call i64 @word(ptr %names, i64 %p)
  %k = call i64 @find_keyword(ptr %kwnames, i64 %size, i64 %name)
  %there = icmp sge i64 %k, 0
  %one = zext i1 %there to i64
  %held1 = add i64 %held, %one
  %p1 = add i64 %p, 1
  br label %loop
done:
  %all = icmp eq i64 %held, %size
  ret i1 %all
}}

; where the argument for a row is, -1 when there is none
define internal i64 @find_place(ptr %record, ptr %row, i64 %given, ptr %kwnames, i64 %size) alwaysinline {{
entry:
  %position = load i64, ptr %row
  %positional = call i64 @word(ptr %record, i64 4)
  %is_positional = icmp ult i64 %position, %positional
  %is_within = icmp ult i64 %position, %given
  %direct = and i1 %is_positional, %is_within
  br i1 %direct, label %here, label %keyword
here:
  ret i64 %position
keyword:
  %any = icmp ne i64 %size, 0
  br i1 %any, label %look, label %none
look:
  %only = call i64 @word(ptr %record, i64 5)
  %may = icmp uge i64 %position, %only
  br i1 %may, label %search, label %none
search:
  %names = getelementptr i64, ptr %record, i64 {HEADER_WORDS}
  %name = call i64 @word(ptr %names, i64 %position)
  %k = call i64 @find_keyword(ptr %kwnames, i64 %size, i64 %name)
  %there = icmp sge i64 %k, 0
  br i1 %there, label %hit, label %none
hit:
  %place = add i64 %given, %k
  ret i64 %place
none:
  ret i64 -1
}}

define internal i1 @fits_absent(ptr %self, ptr %record, ptr %row) {{
entry:
  %how = call i64 @word(ptr %row, i64 3)
  %look_up = icmp eq i64 %how, 2
  br i1 %look_up, label %look, label %told
told:
  %fits = icmp eq i64 %how, 1
  ret i1 %fits
look:
  %keywords = call ptr @field(ptr %self, i64 64)
  %no_dict = icmp eq ptr %keywords, null
  br i1 %no_dict, label %yes, label %find
find:
  %names = getelementptr i64, ptr %record, i64 {HEADER_WORDS}
  %position = load i64, ptr %row
  %name_word = call i64 @word(ptr %names, i64 %position)
  %name = inttoptr i64 %name_word to ptr
  %held = call ptr @PyDict_GetItem(ptr %keywords, ptr %name)
  %missing = icmp eq ptr %held, null
  %none = icmp eq ptr %held, @_Py_NoneStruct
  %either = or i1 %missing, %none
  ret i1 %either
yes:
  ret i1 true
}}

define internal i1 @is_of_a_class(ptr %value, ptr %row) alwaysinline {{
entry:
  %class = call i64 @word(ptr %value, i64 1)
  br label %loop
loop:
  %k = phi i64 [ 9, %entry ], [ %k1, %next ]
  %one = call i64 @word(ptr %row, i64 %k)
  %same = icmp eq i64 %one, %class
  br i1 %same, label %yes, label %other
other:
  %k1 = add i64 %k, 1
  %end = icmp eq i64 %one, 0
  %last = icmp eq i64 %k1, {9 + MOST_CLASSES}
  %over = or i1 %end, %last
  br i1 %over, label %no, label %next
next:
  br label %loop
yes:
  ret i1 true
no:
  ret i1 false
}}

define internal i1 @is_such_array(ptr %value, ptr %row) alwaysinline {{
entry:
  %class = call ptr @field(ptr %value, i64 8)
  %is_array = icmp eq ptr %class, @ndarray
  br i1 %is_array, label %look, label %no
look:
  %axes32 = call i32 @half(ptr %value, i64 24)
  %axes = zext i32 %axes32 to i64
  %axes0 = call i64 @word(ptr %row, i64 4)
  %right_axes = icmp eq i64 %axes, %axes0
  %flags32 = call i32 @half(ptr %value, i64 64)
  %flags = zext i32 %flags32 to i64
  %mask = call i64 @word(ptr %row, i64 8)
  %looked = lshr i64 %mask, 32
  %masked = and i64 %flags, %looked
  %needed = and i64 %mask, 4294967295
  %right_flags = icmp eq i64 %masked, %needed
  %right = and i1 %right_axes, %right_flags
  br i1 %right, label %dtype, label %no
dtype:
  %descr = call ptr @field(ptr %value, i64 56)
  %usual_word = call i64 @word(ptr %row, i64 7)
  %usual = inttoptr i64 %usual_word to ptr
  %is_usual = icmp eq ptr %descr, %usual
  br i1 %is_usual, label %owner, label %unusual
unusual:
  %element = call i64 @word(ptr %descr, i64 2)
  %element0 = call i64 @word(ptr %row, i64 5)
  %right_element = icmp eq i64 %element, %element0
  %letters = call i64 @word(ptr %descr, i64 3)
  %kept = and i64 %letters, {~0xFF000000}
  %letters0 = call i64 @word(ptr %row, i64 6)
  %right_letters = icmp eq i64 %kept, %letters0
  %both = and i1 %right_element, %right_letters
  br i1 %both, label %named, label %no
named:
  %names = call ptr @field(ptr %descr, i64 104)
  %no_names = icmp eq ptr %names, null
  br i1 %no_names, label %owner, label %no
owner:  ; only one that can't be written, and is referred to weakly, can have been moved
  %what = call i64 @word(ptr %row, i64 1)
  %owned_bit = and i64 %what, 2
  %owned = icmp ne i64 %owned_bit, 0
  %write_bit = and i64 %flags, 1024
  %fixed = icmp eq i64 %write_bit, 0
  %maybe = and i1 %owned, %fixed
  br i1 %maybe, label %moved, label %sizes
moved:
  %count = load i64, ptr @"accel.moved"
  %any = icmp ne i64 %count, 0
  %weak = call ptr @field(ptr %value, i64 72)
  %referred = icmp ne ptr %weak, null
  %doubt = and i1 %any, %referred
  br i1 %doubt, label %no, label %sizes
sizes:
  %lengths = call ptr @field(ptr %value, i64 32)
  %wanted = getelementptr i64, ptr %row, i64 9
  br label %axis
axis:
  %k = phi i64 [ 0, %sizes ], [ %k1, %next ]
  %more = icmp ult i64 %k, %axes
  br i1 %more, label %length, label %yes
length:
  %length0 = call i64 @word(ptr %wanted, i64 %k)
  %length1 = call i64 @word(ptr %lengths, i64 %k)
  %same = icmp eq i64 %length0, %length1
  %free = icmp eq i64 %length0, -1
  %fits = or i1 %same, %free
  br i1 %fits, label %next, label %no
next:
  %k1 = add i64 %k, 1
  br label %axis
yes:
  ret i1 true
no:
  ret i1 false
}}

; a call of an annotated function that is CPython's
define ptr @checked(ptr %self, ptr %args, i64 %nargsf, ptr %kwnames) {{
entry:
  %values = alloca [{MOST_ROWS} x ptr]
  %places = alloca [{MOST_ROWS} x i64]
  %record = call ptr @find_record(ptr %self)
  %unknown = icmp eq ptr %record, null
  br i1 %unknown, label %doubt, label %known
known:
  %current = call i1 @is_current(ptr %record, ptr %self)
  br i1 %current, label %bind, label %doubt
bind:
  %given = and i64 %nargsf, 9223372036854775807
  %count = call i64 @word(ptr %record, i64 6)
  %first = call ptr @find_rows(ptr %record)
  %no_keywords = icmp eq ptr %kwnames, null
  br i1 %no_keywords, label %rows, label %keywords
keywords:
  %named = call i64 @word(ptr %kwnames, i64 2)
  %are_known = call i1 @knows_keywords(ptr %record, ptr %kwnames, i64 %named)
  br i1 %are_known, label %rows, label %doubt
rows:
  %size = phi i64 [ 0, %bind ], [ %named, %keywords ]
  br label %loop
loop:
  %k = phi i64 [ 0, %rows ], [ %k1, %right ]
  %lent = phi i64 [ 0, %rows ], [ %lent1, %right ]
  %more = icmp ult i64 %k, %count
  br i1 %more, label %look, label %pairs
look:
  %skipped = mul i64 %k, {ROW_WORDS}
  %row = getelementptr i64, ptr %first, i64 %skipped
  %value_at = getelementptr ptr, ptr %values, i64 %k
  %place_at = getelementptr i64, ptr %places, i64 %k
  %place = call i64 @find_place(ptr %record, ptr %row, i64 %given, ptr %kwnames, i64 %size)
  %is_absent = icmp slt i64 %place, 0
  br i1 %is_absent, label %absent, label %there
absent:
  store ptr null, ptr %value_at
  %fits_absent = call i1 @fits_absent(ptr %self, ptr %record, ptr %row)
  br i1 %fits_absent, label %right, label %doubt
there:
  %from = getelementptr ptr, ptr %args, i64 %place
  %value = load ptr, ptr %from
  %what = call i64 @word(ptr %row, i64 1)
  %array_bit = and i64 %what, 1
  %of_array = icmp ne i64 %array_bit, 0
  br i1 %of_array, label %array, label %number
number:
  %fits_class = call i1 @is_of_a_class(ptr %value, ptr %row)
  store ptr null, ptr %value_at
  br i1 %fits_class, label %right, label %default
array:
  %fits_array = call i1 @is_such_array(ptr %value, ptr %row)
  store ptr %value, ptr %value_at
  store i64 %place, ptr %place_at
  %lent_bits = lshr i64 %what, 2
  %more_lent = add i64 %lent, %lent_bits
  br i1 %fits_array, label %right, label %default
default:
  %default_word = call i64 @word(ptr %row, i64 2)
  %default_value = inttoptr i64 %default_word to ptr
  store ptr null, ptr %value_at
  %is_default = icmp eq ptr %value, %default_value
  br i1 %is_default, label %right, label %doubt
right:
  %lent1 = phi i64 [ %lent, %absent ], [ %lent, %number ], [ %more_lent, %array ], [ %lent, %default ]
  %k1 = add i64 %k, 1
  br label %loop
pairs:
  %pair_count = call i64 @word(ptr %record, i64 7)
  %behind = mul i64 %count, {ROW_WORDS}
  %pairs_at = getelementptr i64, ptr %first, i64 %behind
  %apart = call i1 @are_apart(ptr %pairs_at, i64 %pair_count, ptr %values)
  br i1 %apart, label %sound, label %doubt
sound:
  %nothing_lent = icmp eq i64 %lent, 0
  br i1 %nothing_lent, label %go, label %lend
go:
  %r = tail call ptr @plain(ptr %self, ptr %args, i64 %nargsf, ptr %kwnames)
  ret ptr %r
lend:
  %total = add i64 %given, %size
  %many = icmp ugt i64 %total, {MOST_ARGUMENTS}
  br i1 %many, label %doubt, label %call
call:
  %r1 = call ptr @call_lending(ptr %self, ptr %args, i64 %given, ptr %kwnames, i64 %total, ptr %first, i64 %count, ptr %values, ptr %places)
  ret ptr %r1
doubt:
  %r2 = tail call ptr @miss(ptr %self, ptr %args, i64 %nargsf, ptr %kwnames)
  ret ptr %r2
}}

; the same as long as nothing is compiled: a call is CPython's only inside `accel.disabled()`
define ptr @checked_trigger(ptr %self, ptr %args, i64 %nargsf, ptr %kwnames) {{
entry:
  %suspended = load i64, ptr @"accel.suspended"
  %on = icmp eq i64 %suspended, 0
  br i1 %on, label %ask, label %check
ask:
  %r = tail call ptr @miss(ptr %self, ptr %args, i64 %nargsf, ptr %kwnames)
  ret ptr %r
check:
  %r1 = tail call ptr @checked(ptr %self, ptr %args, i64 %nargsf, ptr %kwnames)
  ret ptr %r1
}}
"""
