"""LLVM text of the thread pool: workers that are not Python's threads, and regions whose chunks they share with whoever opened them.

The state is one block of memory which the system clears in a forked child, so that a child starts without workers whoever forks. It holds
an epoch, which changes with every region, and a few slots for regions. A worker looks through the slots for chunks that are left, spins for a
while, then sleeps until the epoch changes. Who opens a region does chunks too, and waits only for those somebody took: never for a worker that
sleeps, so that nested and simultaneous regions can't block each other.

A chunk is taken by compare-and-swap on a ticket, which holds the number of the region and that of the next chunk: who comes late can't
touch the next region in the slot. A body gives -1 when all its iterations are done, else the iteration that failed; the lowest of these
is what the region gives, and chunks above it are skipped. -2 ends all.

When the interpreter is about to end, `end` tells the workers to stay out of it: they take no more chunks of bodies that enter it, and those
who have taken one already are waited for until they are in. From there on CPython treats them as it treats daemon threads.

`scripts/make-stubs` assembles it for plain x86-64 and writes `accel/runtime/stubs.py`.
"""

from __future__ import annotations

from accel.lower.bodies import BODIES
from accel.lower.parts import ENDING, ENTERING, SPLIT
from accel.lower.tasks import TASKS

__all__ = ["POOL", "STATE_BYTES"]

_MOST_WORKERS = 255
_SLOTS, _SLOT_WORDS = 8, 64
_WORDS = {  # behind the epoch, which is word 0; each group in a cache line of its own
    "sleepers": 8, "alive": 16, "stop": 17, "lock": 18, "ending": ENDING, "apart": 20, "entering": ENTERING,
}  # fmt: skip
_THREADS = 24  # words with the identities of the workers
_FIRST = 320  # word of the first slot
_SLOT = {  # words of a slot, behind the ticket, which is word 0
    "body": 8, "frame": 9, "count": 10, "chunk": 11, "chunks": 12, "limit": 13, "python": 14,
    "done": 16, "waiting": 24, "low": 32, "helpers": 40, "busy": 48,
}  # fmt: skip
STATE_BYTES = 8 * (_FIRST + _SLOTS * _SLOT_WORDS)
_SPINS = 12000
_NONE = 2**63 - 1
_FUTEX, _WAIT, _WAKE = 202, 128, 129  # the system call, and its private forms


def _places(base: str, *names: str) -> str:
    """Addresses `%<name>_at` of words of the state (`%s`) or of a slot (`%r`)."""
    words = _WORDS if base == "s" else _SLOT
    return "\n".join(f"  %{name}_at = getelementptr i64, ptr %{base}, i64 {words[name]}" for name in names)


def _load(name: str, order: str = "monotonic", type_: str = "i64") -> str:
    return f"  %{name} = load atomic {type_}, ptr %{name}_at {order}, align 8"


def _store(value: str, name: str, order: str = "monotonic", type_: str = "i64") -> str:
    return f"  store atomic {type_} {value}, ptr %{name}_at {order}, align 8"


_REGIONS = f"""
declare i64 @syscall(i64, ...)
declare i32 @pthread_create(ptr, ptr, ptr, ptr)
declare i32 @pthread_join(i64, ptr)
declare i32 @pthread_sigmask(i32, ptr, ptr)
declare i32 @usleep(i32)
declare i32 @sched_getcpu()
declare i32 @sched_getaffinity(i32, i64, ptr)
declare i32 @pthread_setaffinity_np(i64, i64, ptr)
declare i64 @llvm.ctpop.i64(i64)
declare void @llvm.x86.sse2.pause()
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)

; do chunks of a region until none is left; whether any was done. Workers say of which state they are, who opened the region does not.
define internal i64 @share(ptr %s, ptr %r) {{
entry:
{_places("s", "ending", "entering")}
{_places("r", "body", "frame", "count", "chunk", "chunks", "python", "done", "waiting", "low")}
  %is_worker = icmp ne ptr %s, null
  br label %look
look:
  %any = phi i64 [ 0, %entry ], [ %any, %lost ], [ %any, %withdraw ], [ 1, %next ]
  %ticket = load atomic i64, ptr %r acquire, align 8
  %k = and i64 %ticket, 4294967295
{_load("chunks")}
  %open = icmp slt i64 %k, %chunks
  br i1 %open, label %take, label %out
take:
{_load("body", type_="ptr")}
{_load("frame", type_="ptr")}
{_load("count")}
{_load("chunk")}
{_load("python")}
  %enters = icmp ne i64 %python, 0
  %announces = and i1 %enters, %is_worker
  br i1 %announces, label %announce, label %claim
announce:
  %entering = atomicrmw add ptr %entering_at, i64 1 seq_cst
{_load("ending", "seq_cst")}
  %ends = icmp ne i64 %ending, 0
  br i1 %ends, label %retreat, label %claim
retreat:
  %entering1 = atomicrmw sub ptr %entering_at, i64 1 seq_cst
  br label %out
claim:
  %following = add i64 %ticket, 1
  %pair = cmpxchg ptr %r, i64 %ticket, i64 %following acq_rel monotonic
  %mine = extractvalue {{ i64, i1 }} %pair, 1
  br i1 %mine, label %run, label %lost
lost:
  br i1 %announces, label %withdraw, label %look
withdraw:
  %entering2 = atomicrmw sub ptr %entering_at, i64 1 seq_cst
  br label %look
run:
  %begin = mul i64 %k, %chunk
  %past = add i64 %begin, %chunk
  %is_last = icmp sgt i64 %past, %count
  %end = select i1 %is_last, i64 %count, i64 %past
{_load("low")}
  %wanted = icmp slt i64 %begin, %low
  br i1 %wanted, label %call, label %skip
skip:
  br i1 %announces, label %decline, label %next
decline:
  %entering3 = atomicrmw sub ptr %entering_at, i64 1 seq_cst
  br label %next
call:
  %failed = call i64 %body(ptr %frame, i64 %begin, i64 %end, ptr %low_at)
  %good = icmp eq i64 %failed, -1
  br i1 %good, label %next, label %note, !prof !1
note:
  %before = atomicrmw min ptr %low_at, i64 %failed acq_rel
  br label %next
next:
  %done = atomicrmw add ptr %done_at, i64 1 seq_cst
  %done1 = add i64 %done, 1
  %all = icmp eq i64 %done1, %chunks
{_load("waiting", "seq_cst")}
  %sleeps = icmp ne i64 %waiting, 0
  %wake = and i1 %all, %sleeps
  br i1 %wake, label %signal, label %look, !prof !0
signal:
  %woken = call i64 (i64, ...) @syscall(i64 {_FUTEX}, ptr %done_at, i32 {_WAKE}, i32 1)
  br label %out
out:
  %did = phi i64 [ %any, %look ], [ %any, %retreat ], [ 1, %signal ]
  ret i64 %did
}}

; help a region, unless enough do
define internal i64 @help(ptr %s, ptr %r) {{
entry:
{_places("r", "chunks", "limit", "helpers")}
  %ticket = load atomic i64, ptr %r acquire, align 8
  %k = and i64 %ticket, 4294967295
{_load("chunks")}
  %open = icmp slt i64 %k, %chunks
  br i1 %open, label %join, label %no
join:
{_load("limit")}
  %others = atomicrmw add ptr %helpers_at, i64 1 acq_rel
  %room = icmp slt i64 %others, %limit
  br i1 %room, label %share, label %leave
share:
  %did = call i64 @share(ptr %s, ptr %r)
  br label %leave
leave:
  %done = phi i64 [ 0, %join ], [ %did, %share ]
  %less = atomicrmw sub ptr %helpers_at, i64 1 acq_rel
  ret i64 %done
no:
  ret i64 0
}}

define internal ptr @worker(ptr %s) {{
entry:
{_places("s", "sleepers", "alive", "stop")}
  br label %scan
scan:                                              ; the epoch first: a region opened meanwhile changes it
  %seen = load atomic i64, ptr %s seq_cst, align 8
{_load("stop", "acquire")}
{_load("alive", "acquire")}
  %stopped = icmp ne i64 %stop, 0
  %forked = icmp eq i64 %alive, 0                  ; a child made inside a body: there is nothing to go back to
  %end = or i1 %stopped, %forked
  br i1 %end, label %leave, label %slots
slots:
  %i = phi i64 [ 0, %scan ], [ %i1, %slots ]
  %total = phi i64 [ 0, %scan ], [ %total1, %slots ]
  %words = mul i64 %i, {_SLOT_WORDS}
  %word = add i64 %words, {_FIRST}
  %r = getelementptr i64, ptr %s, i64 %word
  %did = call i64 @help(ptr %s, ptr %r)
  %total1 = add i64 %total, %did
  %i1 = add i64 %i, 1
  %more = icmp slt i64 %i1, {_SLOTS}
  br i1 %more, label %slots, label %looked
looked:
  %useful = icmp ne i64 %total1, 0
  br i1 %useful, label %scan, label %spin
spin:
  %k = phi i64 [ 0, %looked ], [ %k1, %idle ]
  %now = load atomic i64, ptr %s acquire, align 8
  %changed = icmp ne i64 %now, %seen
  br i1 %changed, label %scan, label %idle
idle:
  call void @llvm.x86.sse2.pause()
  %k1 = add i64 %k, 1
  %tired = icmp sgt i64 %k1, {_SPINS}
  br i1 %tired, label %sleep, label %spin
sleep:
  %a = atomicrmw add ptr %sleepers_at, i64 1 seq_cst
  %seen32 = trunc i64 %seen to i32
  %z = call i64 (i64, ...) @syscall(i64 {_FUTEX}, ptr %s, i32 {_WAIT}, i32 %seen32, ptr null)
  %b = atomicrmw sub ptr %sleepers_at, i64 1 seq_cst
  br label %scan
leave:
  ret ptr null
}}

; have so many workers, as far as the system gives them; who finds others at it goes on without
define internal void @ensure(ptr %s, i64 %wanted) {{
entry:
  %all = alloca [16 x i64]
  %old = alloca [16 x i64]
{_places("s", "alive", "lock", "apart")}
{_load("alive", "acquire")}
  %enough = icmp sge i64 %alive, %wanted
  br i1 %enough, label %out, label %try
try:
  %pair = cmpxchg ptr %lock_at, i64 0, i64 1 acq_rel monotonic
  %mine = extractvalue {{ i64, i1 }} %pair, 1
  br i1 %mine, label %block, label %out
block:                                             ; they inherit a mask of all signals: Ctrl-C goes to Python's threads
  call void @llvm.memset.p0.i64(ptr %all, i8 -1, i64 128, i1 false)
  %m0 = call i32 @pthread_sigmask(i32 2, ptr %all, ptr %old)
  %first = load atomic i64, ptr %alive_at acquire, align 8
  br label %make
make:
  %i = phi i64 [ %first, %block ], [ %i1, %made ]
  %more = icmp slt i64 %i, %wanted
  br i1 %more, label %one, label %finish
one:
  %i1 = add i64 %i, 1
  %word = add i64 %i, {_THREADS}
  %thread_at = getelementptr i64, ptr %s, i64 %word
  store atomic i64 %i1, ptr %alive_at release, align 8
  %refused = call i32 @pthread_create(ptr %thread_at, ptr null, ptr @worker, ptr %s)
  %good = icmp eq i32 %refused, 0
  br i1 %good, label %made, label %undo
made:
  br label %make
undo:
  store atomic i64 %i, ptr %alive_at release, align 8
  br label %finish
finish:
{_store("0", "apart")}                             ; the new ones may run anywhere
  %m1 = call i32 @pthread_sigmask(i32 2, ptr %old, ptr null)
  store atomic i64 0, ptr %lock_at release, align 8
  br label %out
out:
  ret void
}}

; keep workers off a processor (its number and 1), on which a region is opened: the system may take another one that has slept for a
; while for busy, when it is a virtual one, and have both threads take turns on this one
define internal void @spread(ptr %s, i64 %here) {{
entry:
  %set = alloca [16 x i64]
{_places("s", "alive", "lock", "apart")}
  %cpu = sub i64 %here, 1
  %known = icmp ult i64 %cpu, 1024
  br i1 %known, label %try, label %out
try:
  %pair = cmpxchg ptr %lock_at, i64 0, i64 1 acq_rel monotonic  ; no thread comes or goes meanwhile
  %mine = extractvalue {{ i64, i1 }} %pair, 1
  br i1 %mine, label %ask, label %out
ask:
  call void @llvm.memset.p0.i64(ptr %set, i8 0, i64 128, i1 false)
  %got = call i32 @sched_getaffinity(i32 0, i64 128, ptr %set)
  %bad = icmp slt i32 %got, 0
  br i1 %bad, label %free, label %clear
clear:
  %which = lshr i64 %cpu, 6
  %part_at = getelementptr i64, ptr %set, i64 %which
  %part = load i64, ptr %part_at
  %place = and i64 %cpu, 63
  %bit = shl i64 1, %place
  %mask = xor i64 %bit, -1
  %rest = and i64 %part, %mask
  store i64 %rest, ptr %part_at
  br label %look
look:
  %i = phi i64 [ 0, %clear ], [ %i1, %look ]
  %sum = phi i64 [ 0, %clear ], [ %sum1, %look ]
  %word_at = getelementptr i64, ptr %set, i64 %i
  %word = load i64, ptr %word_at
  %bits = call i64 @llvm.ctpop.i64(i64 %word)
  %sum1 = add i64 %sum, %bits
  %i1 = add i64 %i, 1
  %more = icmp slt i64 %i1, 16
  br i1 %more, label %look, label %judge
judge:                                             ; more workers than other processors: this one is needed, too
{_load("alive", "acquire")}
  %few = icmp ult i64 %sum1, %alive
  br i1 %few, label %free, label %each
each:
{_store("%here", "apart")}
  br label %next
next:
  %k = phi i64 [ 0, %each ], [ %k1, %one ]
  %left = icmp slt i64 %k, %alive
  br i1 %left, label %one, label %free
one:
  %at = add i64 %k, {_THREADS}
  %thread_at = getelementptr i64, ptr %s, i64 %at
  %thread = load i64, ptr %thread_at
  %moved = call i32 @pthread_setaffinity_np(i64 %thread, i64 128, ptr %set)
  %k1 = add i64 %k, 1
  br label %next
free:
{_store("0", "lock", "release")}
  br label %out
out:
  ret void
}}

; have workers look for chunks, so many of those that sleep among them, and keep them off this processor
define internal void @rouse(ptr %s, i64 %n) {{
entry:
{_places("s", "sleepers", "apart")}
  %e = atomicrmw add ptr %s, i64 1 seq_cst
  %some = icmp sgt i64 %n, 0
  br i1 %some, label %look, label %out
look:
{_load("sleepers", "seq_cst")}
  %any = icmp sgt i64 %sleepers, 0
  %cpu = call i32 @sched_getcpu()
  %cpu1 = add i32 %cpu, 1
  %here = sext i32 %cpu1 to i64
{_load("apart")}
  %free = icmp eq i64 %apart, 0
  %kept = icmp eq i64 %apart, %here
  %quiet = xor i1 %any, 1
  %idle = and i1 %free, %quiet                       ; they run, and have never been kept off any
  %stay = or i1 %kept, %idle
  br i1 %stay, label %call, label %move
move:
  call void @spread(ptr %s, i64 %here)
  br label %call
call:
  br i1 %any, label %wake, label %out
wake:
  %n32 = trunc i64 %n to i32
  %w = call i64 (i64, ...) @syscall(i64 {_FUTEX}, ptr %s, i32 {_WAKE}, i32 %n32)
  br label %out
out:
  ret void
}}

; open a region for at most so many threads: its slot, or null when none is free or the interpreter ends. Bodies that enter it say so.
define internal ptr @open(ptr %s, ptr %body, ptr %frame, i64 %count, i64 %chunk, i64 %threads, i64 %python) {{
entry:
{_places("s", "ending")}
{_load("ending", "acquire")}
  %ends = icmp ne i64 %ending, 0
  br i1 %ends, label %full, label %start
start:
  %helpers = sub i64 %threads, 1
  call void @ensure(ptr %s, i64 %helpers)
  br label %find
find:
  %i = phi i64 [ 0, %start ], [ %i1, %taken ]
  %words = mul i64 %i, {_SLOT_WORDS}
  %word = add i64 %words, {_FIRST}
  %r = getelementptr i64, ptr %s, i64 %word
{_places("r", "busy", "body", "frame", "count", "chunk", "chunks", "limit", "python", "done", "waiting", "low")}
{_load("busy")}
  %quiet = icmp eq i64 %busy, 0
  br i1 %quiet, label %try, label %taken
try:
  %pair = cmpxchg ptr %busy_at, i64 0, i64 1 acquire monotonic
  %mine = extractvalue {{ i64, i1 }} %pair, 1
  br i1 %mine, label %fill, label %taken
taken:
  %i1 = add i64 %i, 1
  %more = icmp slt i64 %i1, {_SLOTS}
  br i1 %more, label %find, label %full
full:
  ret ptr null
fill:                                              ; no chunk can be taken while this is written
  %closed = atomicrmw or ptr %r, i64 4294967295 acq_rel
{_store("%body", "body", type_="ptr")}
{_store("%frame", "frame", type_="ptr")}
{_store("%count", "count")}
{_store("%chunk", "chunk")}
{_store("%helpers", "limit")}
{_store("%python", "python")}
{_store("0", "done")}
{_store("0", "waiting")}
{_store(str(_NONE), "low")}
  %up = add i64 %count, %chunk
  %up1 = sub i64 %up, 1
  %chunks = sdiv i64 %up1, %chunk
{_store("%chunks", "chunks")}
  %ticket = load atomic i64, ptr %r monotonic, align 8
  %number = and i64 %ticket, -4294967296
  %following = add i64 %number, 4294967296
  store atomic i64 %following, ptr %r release, align 8
  %spare = sub i64 %chunks, 1
  %few = icmp slt i64 %spare, %helpers
  %n = select i1 %few, i64 %spare, i64 %helpers
  call void @rouse(ptr %s, i64 %n)
  ret ptr %r
}}

; wait at most so many nanoseconds; 1 when all chunks that were taken are done, 2 in a child that was forked inside
define internal i64 @wait(ptr %r, i64 %limit_ns) {{
entry:
  %time = alloca [2 x i64]
{_places("r", "done", "chunks", "waiting", "busy")}
{_load("chunks")}
  %seconds = sdiv i64 %limit_ns, 1000000000
  %rest = srem i64 %limit_ns, 1000000000
  store i64 %seconds, ptr %time
  %rest_at = getelementptr i64, ptr %time, i64 1
  store i64 %rest, ptr %rest_at
{_load("busy")}
  %forked = icmp eq i64 %busy, 0
  br i1 %forked, label %child, label %spin
child:
  ret i64 2
spin:
  %k = phi i64 [ 0, %entry ], [ %k1, %pause ]
{_load("done", "acquire")}
  %over = icmp eq i64 %done, %chunks
  br i1 %over, label %finished, label %pause
pause:
  call void @llvm.x86.sse2.pause()
  %k1 = add i64 %k, 1
  %tired = icmp sgt i64 %k1, {_SPINS}
  br i1 %tired, label %doze, label %spin
doze:
{_store("1", "waiting", "seq_cst")}
  %again = load atomic i64, ptr %done_at seq_cst, align 8
  %now = icmp eq i64 %again, %chunks
  br i1 %now, label %finished, label %sleep
sleep:
  %again32 = trunc i64 %again to i32
  %z = call i64 (i64, ...) @syscall(i64 {_FUTEX}, ptr %done_at, i32 {_WAIT}, i32 %again32, ptr %time)
  %last = load atomic i64, ptr %done_at acquire, align 8
  %is_over = icmp eq i64 %last, %chunks
  %answer = zext i1 %is_over to i64
  ret i64 %answer
finished:
  ret i64 1
}}

; what came of a region that is over: -1, or the lowest iteration that failed, or -2; the slot is free again
define internal i64 @close(ptr %r) {{
{_places("r", "low", "busy")}
{_load("low", "acquire")}
{_store("0", "busy", "release")}
  %clean = icmp eq i64 %low, {_NONE}
  %answer = select i1 %clean, i64 -1, i64 %low
  ret i64 %answer
}}

; have nobody begin another chunk
define internal void @cancel(ptr %r) {{
{_places("r", "low")}
  %before = atomicrmw min ptr %low_at, i64 -2 acq_rel
  ret void
}}

; a region from beginning to end, for machine code; done here when no slot is free. Its bodies stay out of the interpreter.
define i64 @run(ptr %s, ptr %body, ptr %frame, i64 %count, i64 %chunk, i64 %threads) {{
  %result = call i64 @perform(ptr %s, ptr %body, ptr %frame, i64 %count, i64 %chunk, i64 %threads, i64 0)
  ret i64 %result
}}

define internal i64 @perform(ptr %s, ptr %body, ptr %frame, i64 %count, i64 %chunk, i64 %threads, i64 %python) {{
entry:
  %none = alloca i64
  %r = call ptr @open(ptr %s, ptr %body, ptr %frame, i64 %count, i64 %chunk, i64 %threads, i64 %python)
  %full = icmp eq ptr %r, null
  br i1 %full, label %alone, label %share
alone:
  store i64 {_NONE}, ptr %none
  %answer = call i64 %body(ptr %frame, i64 0, i64 %count, ptr %none)
  ret i64 %answer
share:
  %did = call i64 @share(ptr null, ptr %r)
  br label %join
join:
  %state = call i64 @wait(ptr %r, i64 1000000000)
  %waits = icmp eq i64 %state, 0
  br i1 %waits, label %join, label %over
over:
  %forked = icmp eq i64 %state, 2
  br i1 %forked, label %child, label %close
child:
  ret i64 -2
close:
  %result = call i64 @close(ptr %r)
  ret i64 %result
}}

; end all workers, unless a region is open; whether they ended. More come when they are needed.
define i64 @stop(ptr %s) {{
entry:
{_places("s", "alive", "stop", "lock")}
  %pair = cmpxchg ptr %lock_at, i64 0, i64 1 acq_rel monotonic
  %mine = extractvalue {{ i64, i1 }} %pair, 1
  br i1 %mine, label %look, label %no
look:
  %i = phi i64 [ 0, %entry ], [ %i1, %free ]
  %words = mul i64 %i, {_SLOT_WORDS}
  %word = add i64 %words, {_FIRST}
  %r = getelementptr i64, ptr %s, i64 %word
{_places("r", "busy")}
{_load("busy", "acquire")}
  %quiet = icmp eq i64 %busy, 0
  br i1 %quiet, label %free, label %busy_one
busy_one:
{_store("0", "lock", "release")}
  br label %no
free:
  %i1 = add i64 %i, 1
  %more = icmp slt i64 %i1, {_SLOTS}
  br i1 %more, label %look, label %tell
tell:
{_store("1", "stop", "release")}
  %e = atomicrmw add ptr %s, i64 1 seq_cst
  %w = call i64 (i64, ...) @syscall(i64 {_FUTEX}, ptr %s, i32 {_WAKE}, i32 {_MOST_WORKERS})
{_load("alive", "acquire")}
  br label %join
join:
  %k = phi i64 [ 0, %tell ], [ %k1, %one ]
  %left = icmp slt i64 %k, %alive
  br i1 %left, label %one, label %over
one:
  %at = add i64 %k, {_THREADS}
  %thread_at = getelementptr i64, ptr %s, i64 %at
  %thread = load i64, ptr %thread_at
  %j = call i32 @pthread_join(i64 %thread, ptr null)
  %k1 = add i64 %k, 1
  br label %join
over:
{_store("0", "alive", "release")}
{_store("0", "stop", "release")}
{_store("0", "lock", "release")}
  ret i64 1
no:
  ret i64 0
}}

; the interpreter is about to end: workers stay out of it from now on. Called without the GIL, which those who are on their way in get first.
define void @end(ptr %s) {{
entry:
{_places("s", "ending", "entering")}
{_store("1", "ending", "seq_cst")}
  br label %look
look:
{_load("entering", "seq_cst")}
  %none = icmp eq i64 %entering, 0
  br i1 %none, label %out, label %nap
nap:
  %z = call i32 @usleep(i32 50)
  br label %look
out:
  ret void
}}
!0 = !{{!"branch_weights", i32 1, i32 2000}}
!1 = !{{!"branch_weights", i32 2000, i32 1}}
"""

POOL = _REGIONS + SPLIT + BODIES + TASKS
