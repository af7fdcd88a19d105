"""Plan -> Lowered: typed flows become LLVM text, LLVM text becomes relocatable machine code."""
