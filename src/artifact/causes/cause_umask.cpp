// Permission bits as another umask leaves them: the same but for what 0002, 0022, 0027 or 0077 takes away.
#include <fmt/format.h>

#include <charconv>
#include <string_view>

#include <string>

#include "artifact/cause.hpp"

namespace assay::artifact {

namespace {

std::optional<unsigned long> octal(std::string_view text) {
  unsigned long value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value, 8);
  if (text.empty() || problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<Match> judge_umask(const Change& change, const BuildFacts& /*facts*/) {
  if (change.aspect != Aspect::mode) return std::nullopt;
  const auto sure = change.token == k_closed_alone ? Confidence::guess : Confidence::likely;
  const auto mode_before = octal(change.before);
  const auto mode_after = octal(change.after);
  if (!mode_before || !mode_after || ((*mode_before ^ *mode_after) & ~07777UL) != 0) return std::nullopt;
  const auto before = *mode_before & 07777;
  const auto after = *mode_after & 07777;
  // Setuid and its like, and the owner's own bits, are no matter of umask.
  if (((before ^ after) & 07700) != 0 || before == after) return std::nullopt;
  // Nor is that others may now write to it, or the group to what runs with other rights.
  const auto gained = after & ~before;
  if ((gained & 0002) != 0 || ((after & 06000) != 0 && (gained & 0020) != 0)) return std::nullopt;
  for (const auto mask : {0002UL, 0020UL, 0022UL, 0007UL, 0026UL, 0027UL, 0025UL, 0005UL, 0055UL, 0066UL, 0077UL,
                          0044UL, 0011UL, 0033UL, 0070UL, 0050UL, 0075UL, 0057UL})
    if ((before & ~mask) == after || (after & ~mask) == before)
      return Match{sure == Confidence::guess ? "closed" : "", fmt::format("mode {:04o} → {:04o}", before, after),
                   sure == Confidence::guess ? "bits that a umask takes, but it took them from no other file"
                                             : "the bits that differ are those a umask takes",
                   sure};
  return std::nullopt;
}

}  // namespace assay::artifact
