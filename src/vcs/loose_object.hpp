// Loose objects: each a file of its own, one zlib stream of "<type> SP <decimal size> NUL <content>" (gitrepository-layout(5)).
#pragma once
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "vcs/object_store.hpp"

namespace assay::vcs {

/// What the file of a loose object begins with; nothing if it is none.
std::optional<ObjectHeader> loose_header(ByteView file);

/// The object in such a file; nothing unless it is whole and of the size that it names. Whether its content has its id is
/// for the caller to find out. The caller has looked at the size.
std::optional<ObjectContent> loose_content(ByteView file);

}  // namespace assay::vcs
