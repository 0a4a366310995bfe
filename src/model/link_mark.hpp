// How people read a link.
#pragma once
#include <string_view>

#include "model/link.hpp"

namespace assay {

/// Was it looked into, and proves nothing? That is no gap in what was checked, and green it is not. Such a link is "not
/// checked", and its evidence says the verdict that was come to; or that is so of whatever keeps it from being ok.
bool is_unproven(const Link& link) noexcept;

/// "ok", "FAILED", "not checked", or "not proven".
std::string_view mark_of(const Link& link) noexcept;

}  // namespace assay
