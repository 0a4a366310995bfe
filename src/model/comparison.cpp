#include "model/comparison.hpp"

#include <algorithm>

namespace assay {

std::string_view to_string(Aspect aspect) noexcept {
  switch (aspect) {
    case Aspect::content:
      return "content";
    case Aspect::presence:
      return "presence";
    case Aspect::name:
      return "name";
    case Aspect::kind:
      return "kind";
    case Aspect::mode:
      return "mode";
    case Aspect::owner:
      return "owner";
    case Aspect::time:
      return "time";
    case Aspect::link:
      return "link";
    case Aspect::xattr:
      return "xattr";
    case Aspect::order:
      return "order";
    case Aspect::encoding:
      return "encoding";
    case Aspect::compression:
      return "compression";
    case Aspect::checksum:
      return "checksum";
    case Aspect::size:
      return "size";
    case Aspect::offset:
      return "offset";
    case Aspect::identity:
      return "identity";
    case Aspect::debug_link:
      return "debug_link";
    case Aspect::signature:
      return "signature";
  }
  return "content";
}

std::string_view to_string(Impact impact) noexcept {
  switch (impact) {
    case Impact::code:
      return "executable code";
    case Impact::script:
      return "script";
    case Impact::maintainer_script:
      return "maintainer script";
    case Impact::privilege:
      return "permissions or ownership";
    case Impact::attribute:
      return "capabilities or extended attributes";
    case Impact::configuration:
      return "configuration";
    case Impact::data:
      return "data";
    case Impact::metadata:
      return "metadata";
    case Impact::documentation:
      return "documentation";
  }
  return "data";
}

std::string_view to_string(Standing standing) noexcept {
  switch (standing) {
    case Standing::unexplained:
      return "unexplained";
    case Standing::caused:
      return "caused";
    case Standing::consequence:
      return "consequence";
  }
  return "unexplained";
}

std::string_view to_string(ItemStatus status) noexcept {
  switch (status) {
    case ItemStatus::modified:
      return "modified";
    case ItemStatus::added:
      return "added";
    case ItemStatus::removed:
      return "removed";
    case ItemStatus::moved:
      return "moved";
    case ItemStatus::kind_changed:
      return "kind_changed";
  }
  return "modified";
}

int exit_code(const Comparison& comparison) noexcept {
  const bool complete = comparison.coverage.complete();
  if (comparison.equal) return complete ? 0 : 3;
  const bool accepted = comparison.leftovers.empty() && !comparison.causes.empty() &&
                        std::all_of(comparison.causes.begin(), comparison.causes.end(),
                                    [](const RootCause& cause) { return cause.accepted; });
  if (!accepted) return 1;
  if (!complete) return 3;
  return comparison.closed ? 0 : 1;
}

}  // namespace assay
