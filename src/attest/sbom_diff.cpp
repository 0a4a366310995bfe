// What differs between two bills of materials. Of large documents only what is compared is kept, packed tightly.
#include <fmt/format.h>

#include <algorithm>

#include "attest/sbom.hpp"
#include "base/text.hpp"

namespace assay::attest {

namespace {

std::string_view without_version(std::string_view purl) {
  // "pkg:npm/%40scope/name@1": a scope's own at sign is written %40.
  return purl.substr(0, purl.find('@'));
}

/// Of a component what is compared, in one string: key, version, license, then "name:value" of each digest, a line each.
class Outline {
 public:
  explicit Outline(const Component& component) {
    m_text = component.purl.empty() ? std::string_view{component.name} : without_version(component.purl);
    m_version = end();
    m_text += component.version;
    m_license = end();
    m_text += component.license;
    m_digests = end();
    for (const auto& [name, value] : component.digests) m_text += fmt::format("{}:{}\n", name, value);
    m_text.shrink_to_fit();
  }

  std::string_view key() const { return text().substr(0, m_version); }
  std::string_view version() const { return text().substr(m_version, m_license - m_version); }
  std::string_view license() const { return text().substr(m_license, m_digests - m_license); }
  std::string_view digests() const { return text().substr(m_digests); }
  auto order() const { return std::tuple{key(), version(), digests(), license()}; }

 private:
  std::string_view text() const { return m_text; }
  std::uint32_t end() const { return static_cast<std::uint32_t>(m_text.size()); }

  std::string m_text;
  std::uint32_t m_version = 0, m_license = 0, m_digests = 0;  ///< where they begin; an element is far below 4 GiB
};

using Outlines = std::vector<Outline>;

Outlines sorted(Outlines outlines) {
  std::sort(outlines.begin(), outlines.end(), [](const Outline& a, const Outline& b) { return a.order() < b.order(); });
  return outlines;
}

/// Values of a digest that both have and that is not the same.
std::optional<std::pair<std::string, std::string>> differing_digest(const Outline& before, const Outline& after) {
  if (before.digests() == after.digests()) return std::nullopt;
  for (const auto line : split_lines(before.digests())) {
    const auto name = line.substr(0, line.find(':') + 1);
    for (const auto other : split_lines(after.digests()))
      if (other.starts_with(name) && other != line)
        return std::pair{std::string{line.substr(name.size())}, std::string{other.substr(name.size())}};
  }
  return std::nullopt;
}

using Kind = SbomChange::Kind;
using Members = std::vector<const Outline*>;

void compare(const Outline& before, const Outline& after, std::vector<SbomChange>& changes) {
  const std::string key{before.key()};
  if (const auto differing = differing_digest(before, after))
    changes.push_back({Kind::digest, key, differing->first, differing->second});
  else if (before.license() != after.license())
    changes.push_back({Kind::license, key, std::string{before.license()}, std::string{after.license()}});
}

/// What is left of both where those of one version have been compared with each other.
void compare_versions(Members& olds, Members& news, std::vector<SbomChange>& changes) {
  Members old_rest, new_rest;
  std::size_t i = 0, j = 0;
  while (i < olds.size() && j < news.size()) {
    const auto order = olds[i]->version().compare(news[j]->version());
    if (order == 0) compare(*olds[i++], *news[j++], changes);
    else if (order < 0) old_rest.push_back(olds[i++]);
    else new_rest.push_back(news[j++]);
  }
  old_rest.insert(old_rest.end(), olds.begin() + static_cast<std::ptrdiff_t>(i), olds.end());
  new_rest.insert(new_rest.end(), news.begin() + static_cast<std::ptrdiff_t>(j), news.end());
  olds = std::move(old_rest);
  news = std::move(new_rest);
}

void compare_group(Members olds, Members news, std::vector<SbomChange>& changes) {
  const std::string key{(olds.empty() ? news : olds).front()->key()};
  compare_versions(olds, news, changes);
  for (std::size_t i = 0; i < std::max(olds.size(), news.size()); ++i) {
    const std::string before{i < olds.size() ? olds[i]->version() : ""},
        after{i < news.size() ? news[i]->version() : ""};
    changes.push_back({i >= olds.size()   ? Kind::added
                       : i >= news.size() ? Kind::removed
                                          : Kind::version,
                       key, before, after});
  }
}

/// Those of one key, which stand together; `at` is moved behind them.
Members take_group(const Outlines& outlines, std::size_t& at, std::string_view key) {
  Members group;
  for (; at < outlines.size() && outlines[at].key() == key; ++at) group.push_back(&outlines[at]);
  return group;
}

std::vector<SbomChange> diff(const Outlines& before, const Outlines& after) {
  std::vector<SbomChange> changes;
  for (std::size_t i = 0, j = 0; i < before.size() || j < after.size();) {
    const auto key = i == before.size()  ? after[j].key()
                     : j == after.size() ? before[i].key()
                                         : std::min(before[i].key(), after[j].key());
    auto olds = take_group(before, i, key);
    auto news = take_group(after, j, key);
    compare_group(std::move(olds), std::move(news), changes);
  }
  return changes;
}

Outlines outlines_of(const Sbom& sbom) {
  return sorted(Outlines(sbom.components.begin(), sbom.components.end()));
}

Result<Outlines> outlines_of(const std::filesystem::path& file) {
  Outlines outlines;
  ASSAY_TRY_VOID(for_each_component(file, [&](const Component& component) { outlines.emplace_back(component); }));
  return sorted(std::move(outlines));
}

}  // namespace

std::string_view to_string(SbomChange::Kind kind) noexcept {
  switch (kind) {
    case Kind::added:
      return "added";
    case Kind::removed:
      return "removed";
    case Kind::version:
      return "version";
    case Kind::digest:
      return "digest";
    case Kind::license:
      return "license";
  }
  return "added";
}

std::vector<SbomChange> diff_sboms(const Sbom& before, const Sbom& after) {
  return diff(outlines_of(before), outlines_of(after));
}

Result<std::vector<SbomChange>> diff_sbom_files(const std::filesystem::path& before,
                                                const std::filesystem::path& after) {
  ASSAY_TRY(const auto old_outlines, outlines_of(before));
  ASSAY_TRY(const auto new_outlines, outlines_of(after));
  return diff(old_outlines, new_outlines);
}

}  // namespace assay::attest
