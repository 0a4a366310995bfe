#include "attest/git_signature.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "attest/armor.hpp"
#include "attest/encoding.hpp"
#include "attest/openpgp.hpp"
#include "base/text.hpp"
#include "vcs/repository.hpp"

namespace assay::attest {

namespace {

constexpr std::uint64_t k_max_object = 16U << 20;
constexpr std::string_view k_armors[] = {"-----BEGIN PGP SIGNATURE-----", "-----BEGIN SSH SIGNATURE-----",
                                         "-----BEGIN PGP MESSAGE-----", "-----BEGIN SIGNED MESSAGE-----"};

/// The value of a header line of a raw object: "object", "type", "tagger".
std::string_view header(std::string_view object, std::string_view name) {
  while (!object.empty() && object.front() != '\n') {
    const auto end = object.find('\n');
    const auto line = object.substr(0, end);
    if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == ' ')
      return line.substr(name.size() + 1);
    object.remove_prefix(end == std::string_view::npos ? object.size() : end + 1);
  }
  return {};
}

/// Seconds at the end of "Name <mail> 1700000000 +0100".
std::int64_t time_of(std::string_view person) {
  const auto zone = person.rfind(' ');
  if (zone == std::string_view::npos) return 0;
  const auto space = person.rfind(' ', zone - 1);
  const auto seconds =
      space == std::string_view::npos ? std::nullopt : parse_unsigned(person.substr(space + 1, zone - space - 1));
  return seconds && *seconds < 1ULL << 40 ? static_cast<std::int64_t>(*seconds) : 0;
}

Result<Link> check_signature(const SignedObject& object, const GitTrust& trust, const std::string& name,
                             std::int64_t time, std::vector<Finding>& findings) {
  if (object.signature.empty()) return Link::not_checked("signature", "not signed");
  if (!is_one_block(object.signature))
    return Link::failed(
        "signature",
        "the object goes on behind its signature, or the armor of that is not whole: nobody signed the rest");
  if (is_ssh_signature(object.signature)) {
    if (trust.allowed_signers.signers.empty())
      return Link::not_checked("SSH signature", "no file of allowed signers was given");
    const auto signature = SshSignature::parse(object.signature);
    if (!signature) return Link::failed("SSH signature", signature.error().message);
    return verify_ssh(*signature, as_bytes(object.payload), "git", trust.allowed_signers, time);
  }
  if (trust.keyring.empty()) return Link::not_checked("OpenPGP", "no keyring was given");
  auto check = verify_openpgp_bytes(as_bytes(object.payload), object.signature, trust.keyring, name);
  if (!check) {
    if (check.error().code == ErrorCode::not_found) return check.error();
    return Link::failed("OpenPGP", check.error().message);
  }
  findings.insert(findings.end(), check->findings.begin(), check->findings.end());
  return std::move(check->link);
}

/// The tag object of that name; null if the tag is a plain reference or there is none.
const vcs::Tag* find_tag(const std::vector<vcs::Tag>& tags, std::string_view name) {
  for (const std::string_view place : {"refs/", "tags/"})
    if (name.starts_with(place)) name.remove_prefix(place.size());
  const auto found =
      std::find_if(tags.begin(), tags.end(), [&](const vcs::Tag& tag) { return tag.annotated && tag.name == name; });
  return found == tags.end() ? nullptr : &*found;
}

Result<Link> check_tag(const vcs::Repository& repository, const vcs::Tag& tag, const GitOid& commit,
                       const GitTrust& trust, std::vector<Finding>& findings) {
  ASSAY_TRY(const auto content, repository.read(tag.object, vcs::ObjectType::tag, k_max_object));
  const auto text = as_text(content.bytes());
  Link link;
  link.name = fmt::format("tag {}", tag.name);
  link.with("object", tag.object.hex());
  ASSAY_TRY(auto signature,
            check_signature(split_tag(text), trust, "tag " + tag.name, time_of(header(text, "tagger")), findings));
  link.add(std::move(signature));
  // A tag that was moved to another name keeps its signature: its own idea of its name has to be the reference's.
  if (header(text, "tag") != tag.name)
    link.add(Link::failed("name", fmt::format("the tag object calls itself \"{}\"", header(text, "tag"))));
  if (header(text, "object") == commit.hex()) link.add(Link::ok("commit", commit.hex()));
  else
    link.add(Link::failed("commit", fmt::format("the tag is of {} {}, not of the commit itself", header(text, "type"),
                                                header(text, "object"))));
  link.settle();
  return link;
}

}  // namespace

SignedObject split_tag(std::string_view object) {
  // The last armor that starts a line; git itself does the same.
  std::size_t found = std::string_view::npos;
  for (std::size_t at = 0; at < object.size();) {
    const auto line = object.substr(at);
    for (const auto armor : k_armors)
      if (line.starts_with(armor)) found = at;
    const auto end = object.find('\n', at);
    at = end == std::string_view::npos ? object.size() : end + 1;
  }
  if (found == std::string_view::npos) return {std::string{object}, {}};
  return {std::string{object.substr(0, found)}, std::string{object.substr(found)}};
}

SignedObject split_commit(std::string_view object, GitHash hash) {
  const std::string_view wanted = hash == GitHash::sha1 ? "gpgsig " : "gpgsig-sha256 ";
  SignedObject split;
  bool in_headers = true, in_signature = false, in_other = false;
  while (!object.empty()) {
    const auto end = object.find('\n');
    const auto line = object.substr(0, end == std::string_view::npos ? object.size() : end + 1);
    object.remove_prefix(line.size());
    if (line == "\n") in_headers = false;
    const bool continues = in_headers && line.starts_with(' ');
    in_signature = in_headers && (line.starts_with(wanted) || (in_signature && continues));
    // Of a commit that exists in both formats, neither signature is part of what either is over.
    in_other = in_headers && !in_signature &&
               (line.starts_with("gpgsig ") || line.starts_with("gpgsig-sha256 ") || (in_other && continues));
    if (in_signature) split.signature += line.substr(continues ? 1 : wanted.size());
    else if (!in_other) split.payload += line;
  }
  return split;
}

Result<GitCheck> verify_git(const std::filesystem::path& path, const std::string& revision, const GitTrust& trust) {
  ASSAY_TRY(const auto place, vcs::find_git_dir(path));
  if (!place) return Error{ErrorCode::not_found, "no git repository", path.string(), {}};
  ASSAY_TRY(const auto repository, vcs::Repository::open(place->git_dir));
  GitCheck check;
  ASSAY_TRY(check.commit, repository->resolve(revision));
  ASSAY_TRY(const auto content, repository->read(check.commit, vcs::ObjectType::commit, k_max_object));
  const auto text = as_text(content.bytes());
  const auto tree = GitOid::from_hex(header(text, "tree"));
  if (!tree) return Error{ErrorCode::format, "commit has no tree", check.commit.hex(), {}};
  check.tree = *tree;
  check.link.name = fmt::format("git revision {}", revision);
  const auto& tags = repository->tags();
  bool vouched = false;
  if (const auto* tag = find_tag(tags, revision)) {
    ASSAY_TRY(auto link, check_tag(*repository, *tag, check.commit, trust, check.findings));
    vouched = link.state == LinkState::ok;
    check.link.add(std::move(link));
  }
  Link commit;
  commit.name = fmt::format("commit {}", check.commit.hex());
  ASSAY_TRY(auto signature,
            check_signature(split_commit(text, check.commit.hash), trust, "commit " + check.commit.hex(),
                            time_of(header(text, "committer")), check.findings));
  if (vouched && signature.state == LinkState::not_checked) signature.required = false;
  commit.add(std::move(signature));
  commit.add(Link::ok("tree", check.tree.hex()));
  commit.settle();
  // One of the two has to be signed, not both.
  if (commit.state == LinkState::ok && !check.link.children.empty() &&
      check.link.children[0].state == LinkState::not_checked)
    for (auto& child : check.link.children[0].children) child.required = false;
  check.link.add(std::move(commit));
  for (auto& child : check.link.children) child.settle();
  check.link.settle();
  return check;
}

}  // namespace assay::attest
