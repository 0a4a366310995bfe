// The heap of a process that will soon be over.
#pragma once

namespace assay::cli {

/// For a run of a fraction of a second: let the heap grow in one piece of large pages and give nothing back before the end, which takes
/// more memory, and spares a tenth of the time. Before other threads are begun. Does nothing where the C library is another.
void prefer_speed_to_memory();

/// For a run of seconds: large blocks are given back as soon as they are free. By itself the C library stops doing so when the first of
/// a decoder's is freed, and 14 MB of a kernel's 226 were such holes. Before other threads are begun.
void prefer_memory_to_speed();

}  // namespace assay::cli
