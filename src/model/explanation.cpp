#include "model/explanation.hpp"

namespace assay {

std::string_view to_string(Proof proof) noexcept {
  switch (proof) {
    case Proof::identical:
      return "identical";
    case Proof::normalized:
      return "normalized";
    case Proof::known:
      return "known";
    case Proof::regenerated:
      return "regenerated";
    case Proof::derived:
      return "derived";
    case Proof::composed:
      return "composed";
    case Proof::inert:
      return "inert";
    case Proof::unexplained:
      return "unexplained";
    case Proof::contradicted:
      return "contradicted";
  }
  return "unexplained";
}

std::string_view to_string(EntryStatus status) noexcept {
  switch (status) {
    case EntryStatus::identical:
      return "identical";
    case EntryStatus::added:
      return "added";
    case EntryStatus::modified:
      return "modified";
    case EntryStatus::missing:
      return "missing";
    case EntryStatus::moved:
      return "moved";
    case EntryStatus::mode_changed:
      return "mode_changed";
  }
  return "added";
}

std::string_view to_string(Reach reach) noexcept {
  switch (reach) {
    case Reach::executed:
      return "executed";
    case Reach::compiled:
      return "compiled";
    case Reach::shipped:
      return "shipped";
    case Reach::inert:
      return "inert";
  }
  return "shipped";
}

}  // namespace assay
