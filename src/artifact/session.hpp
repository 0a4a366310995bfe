// One run of the engine: limits, workers, and what all comparators share.
#pragma once
#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "artifact/compare_artifacts.hpp"
#include "artifact/node.hpp"
#include "base/limits.hpp"
#include "model/finding.hpp"

namespace assay::artifact {

/// What a digest or size in one part of an artifact was made of in another: looked up by both sides' values at once.
class DerivedValues {
 public:
  /// `path`'s content differs; enter its digests and sizes.
  void enter(const std::string& path, const Content& a, const Content& b);
  /// `before` and `after` are digests of the same parts of what `path` holds; the caller has computed them.
  void enter_digest(const std::string& path, const std::string& before, const std::string& after);
  /// The path whose digest (hexadecimal of either case, or base64) is `before` on one side and `after` on the other;
  /// empty if there is none.
  std::string find(std::string_view before, std::string_view after) const;
  /// The path whose size is `before` on one side and `after` on the other.
  std::string find_size(std::uint64_t before, std::uint64_t after) const;

  /// What an archive installs, as packagers count it: bytes of files, and KiB as dpkg-gencontrol(1) does.
  struct Installed {
    std::uint64_t bytes = 0, kib = 0;
  };
  void enter_installed(const std::string& path, Installed before, Installed after);
  /// The archive beside `described`, or within it, that grew by as much as from `before` to `after`, in bytes or in KiB; empty
  /// if there is none. What else was counted besides its members cannot be known, and is the same on both sides.
  std::string find_growth(std::string_view described, std::uint64_t before, std::uint64_t after) const;

 private:
  struct Growth {
    std::string path;
    Installed before, after;
  };
  mutable std::mutex m_mutex;
  std::map<std::pair<std::string, std::string>, std::string, std::less<>> m_digests;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> m_sizes;
  std::vector<Growth> m_growths;
};

/// When each side says that it was made: the newest of the dates that containers bear about their members, and the dates of
/// the compared files themselves. Seconds since 1970; 0 where nothing says so.
struct DatesBorne {
  std::int64_t members_before = 0, members_after = 0;
  std::int64_t file_before = 0, file_after = 0;
};

class Session {
 public:
  Session(const Limits& limits, unsigned jobs, std::optional<std::string> full_view = {})
      : m_limits(limits), m_full_view(std::move(full_view)), m_idle(static_cast<int>(jobs) - 1) {}

  const Limits& limits() const noexcept { return m_limits; }
  DerivedValues& derived() noexcept { return m_derived; }
  /// Values are entered for contents up to this size; packages with checksum lists raise it.
  static constexpr std::uint64_t k_digest_bound = 32ULL << 20;

  /// How many lines a view of the item at `path` may have: `usual`, or all for the one that was asked for.
  std::size_t view_lines(const ContainerPath& path, std::size_t usual) const {
    return m_full_view && is_named(path.to_string(), *m_full_view) ? k_full_view : usual;
  }

  /// Compare a pair whose bytes may differ. The node is empty if they do not.
  Node compare(const Pair& pair);

  /// Run `work(0) … work(count - 1)`, on idle workers too; returns when all are done.
  void parallel(std::size_t count, const std::function<void(std::size_t)>& work);

  void gap(std::string what, std::string reason, std::string remedy = {});
  /// The newest dates that two containers bear about their members.
  void dated(std::int64_t before, std::int64_t after);
  /// Ask when the comparing is done.
  DatesBorne dates() const noexcept { return m_dates; }
  void looked_at(std::uint64_t pairs) noexcept { m_pairs += pairs; }
  std::uint64_t pairs() const noexcept { return m_pairs; }
  Coverage take_coverage();

 private:
  void compare_with_table(const Pair& pair, Node& node);

  static constexpr std::size_t k_full_view = 1'000'000;
  const Limits m_limits;
  const std::optional<std::string> m_full_view;
  std::atomic<int> m_idle;
  std::atomic<std::uint64_t> m_pairs{0};
  DerivedValues m_derived;
  DatesBorne m_dates;
  std::mutex m_mutex;
  Coverage m_coverage;
};

}  // namespace assay::artifact
