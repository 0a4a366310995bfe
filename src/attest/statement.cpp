#include "attest/statement.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace assay::attest {

namespace {

constexpr std::size_t k_max_subjects = 100'000;

struct DigestName {
  std::string_view name;
  std::size_t digits;
  std::size_t other_digits;  ///< git ids come in two lengths
};
constexpr DigestName k_digests[] = {{"sha256", 64, 64},  {"sha384", 96, 96},    {"sha512", 128, 128},
                                    {"sha1", 40, 40},    {"gitCommit", 40, 64}, {"gitTree", 40, 64},
                                    {"gitBlob", 40, 64}, {"gitTag", 40, 64}};

/// Collisions of SHA-1 and MD5 can be made, so agreement in them is none.
bool decides(std::string_view name) {
  return name != "sha1" && name != "md5";
}

Result<Subject> parse_subject(const Json& json, std::size_t index) {
  Subject subject;
  subject.name = json.text("name");
  for (const auto& [name, value] : json["digest"].members()) {
    if (!is_digest(name, value.text()))
      return Error{ErrorCode::format,
                   fmt::format("subject {}: digest \"{}\" is no lower-case hexadecimal of its length", index,
                               escape_for_display(name)),
                   {},
                   {}};
    subject.digests.emplace(name, value.text());
  }
  if (subject.digests.empty()) return Error{ErrorCode::format, fmt::format("subject {} has no digest", index), {}, {}};
  return subject;
}

}  // namespace

bool is_digest(std::string_view name, std::string_view value) noexcept {
  if (value.empty() || value.size() > 256) return false;
  if (!std::all_of(value.begin(), value.end(),
                   [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); })) {
    // Names we do not know may have values of another form; they match nothing, and harm nothing.
    return std::none_of(std::begin(k_digests), std::end(k_digests),
                        [&](const DigestName& known) { return known.name == name; });
  }
  for (const auto& known : k_digests)
    if (known.name == name) return value.size() == known.digits || value.size() == known.other_digits;
  return true;
}

bool same_artifact(const DigestMap& a, const DigestMap& b) noexcept {
  bool agreed = false;
  for (const auto& [name, value] : a) {
    const auto other = b.find(name);
    if (other == b.end()) continue;
    if (other->second != value) return false;
    agreed = agreed || decides(name);
  }
  return agreed;
}

Json to_json(const DigestMap& digests) {
  auto json = Json::object();
  for (const auto& [name, value] : digests) json.set(name, value);
  return json;
}

Result<Statement> Statement::parse(std::string_view text, const JsonLimits& limits) {
  ASSAY_TRY(const auto json, Json::parse(text, limits));
  const auto type = json.text("_type");
  if (type != k_statement_v1 && type != k_statement_v01)
    return Error{ErrorCode::format,
                 fmt::format("no in-toto statement: _type is \"{}\"", escape_for_display(type.substr(0, 80))),
                 {},
                 {}};
  Statement statement;
  statement.predicate_type = json.text("predicateType");
  if (statement.predicate_type.empty()) return Error{ErrorCode::format, "statement has no predicateType", {}, {}};
  statement.predicate = json["predicate"];
  const auto subjects = json["subject"].items();
  if (subjects.empty()) return Error{ErrorCode::format, "statement has no subject", {}, {}};
  if (subjects.size() > k_max_subjects)
    return Error{ErrorCode::limit,
                 fmt::format("statement has {} subjects; the limit is {}", subjects.size(), k_max_subjects),
                 {},
                 {}};
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    ASSAY_TRY(auto subject, parse_subject(subjects[i], i));
    statement.subjects.push_back(std::move(subject));
  }
  return statement;
}

std::string Statement::to_json_text() const {
  auto json = Json::object();
  json.set("_type", k_statement_v1);
  auto list = Json::array();
  for (const auto& subject : subjects) {
    auto item = Json::object();
    item.set_text("name", subject.name).set("digest", to_json(subject.digests));
    list.push(std::move(item));
  }
  json.set("subject", std::move(list)).set("predicateType", predicate_type).set("predicate", predicate);
  return json.dump();
}

const Subject* Statement::find(const DigestMap& digests) const noexcept {
  for (const auto& subject : subjects)
    if (same_artifact(subject.digests, digests)) return &subject;
  return nullptr;
}

}  // namespace assay::attest
