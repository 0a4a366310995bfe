#include "attest/minisign.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>

#include "attest/encoding.hpp"
#include "attest/key.hpp"
#include "base/text.hpp"

namespace assay::attest {

namespace {

constexpr std::string_view k_comment = "untrusted comment: ";
constexpr std::string_view k_trusted = "trusted comment: ";
constexpr std::size_t k_id_size = 8, k_key_size = 32, k_signature_size = 64, k_hash_size = 64;

/// Algorithm (2 bytes), key id (8 bytes), and the key or signature itself.
struct Blob {
  std::uint8_t algorithm[2];
  Bytes id;
  Bytes value;
};

bool is_algorithm(const Blob& blob, std::string_view name) {
  return as_text(blob.algorithm) == name;
}

Error malformed(std::string message) {
  return {ErrorCode::format, std::move(message), {}, {}};
}

Result<Blob> parse_blob(std::string_view line, std::size_t value_size, std::string_view what) {
  const auto bytes = from_base64(line);
  if (!bytes || bytes->size() != 2 + k_id_size + value_size)
    return malformed(fmt::format("{} is no base64 of {} bytes", what, 2 + k_id_size + value_size));
  const auto value = bytes->begin() + 2 + k_id_size;
  return Blob{bytes->at(0), bytes->at(1), {bytes->begin() + 2, value}, {value, bytes->end()}};
}

/// A key's file has a comment line before it; a key may also be given as its one line.
Result<Blob> parse_key(std::string_view text) {
  auto lines = split_lines(text);
  if (!lines.empty() && lines[0].starts_with(k_comment)) lines.erase(lines.begin());
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  if (lines.size() != 1) return malformed("not the public key of minisign or signify");
  ASSAY_TRY(auto blob, parse_blob(lines[0], k_key_size, "public key"));
  if (!is_algorithm(blob, "Ed"))
    return Error{ErrorCode::unsupported, "public key is of an algorithm that is not known", {}, {}};
  return blob;
}

Bytes blake2b(ByteView content) {
  Bytes digest(k_hash_size);
  unsigned size = 0;
  EVP_Digest(content.data(), content.size(), digest.data(), &size, EVP_blake2b512(), nullptr);
  return digest;
}

/// minisign signs the comment together with the signature, so that neither can be swapped.
bool trusted_comment_holds(const PublicKey& key, const Blob& blob, std::string_view comment, std::string_view line) {
  const auto signature = from_base64(line);
  if (!signature || signature->size() != k_signature_size) return false;
  Bytes message = blob.value;
  message.insert(message.end(), comment.begin(), comment.end());
  return key.verify(message, *signature);
}

}  // namespace

bool is_minisign(std::string_view text) noexcept {
  return text.starts_with(k_comment);
}

std::optional<SignedMessage> split_embedded(std::string_view text) {
  auto end = text.find('\n');
  if (end != std::string_view::npos) end = text.find('\n', end + 1);
  if (end == std::string_view::npos) return std::nullopt;
  const auto message = text.substr(end + 1);
  if (message.empty() || message.starts_with(k_trusted)) return std::nullopt;
  return SignedMessage{text.substr(0, end + 1), message};
}

namespace {

/// "SHA256 (NAME) = HEX", as BSD's digest tools write it.
struct ChecksumLine {
  std::string_view algorithm, name, digest;
};

std::optional<ChecksumLine> parse_checksum(std::string_view line) {
  constexpr std::string_view k_between = ") = ";
  const auto open = line.find(" (");
  const auto between = line.rfind(k_between);
  if (open == std::string_view::npos || between == std::string_view::npos || between < open + 2) return std::nullopt;
  ChecksumLine parsed{line.substr(0, open), line.substr(open + 2, between - open - 2),
                      line.substr(between + k_between.size())};
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); };
  const auto is_name = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '-'; };
  const bool well_formed = !parsed.digest.empty() && std::all_of(parsed.digest.begin(), parsed.digest.end(), is_hex) &&
                           std::all_of(parsed.algorithm.begin(), parsed.algorithm.end(), is_name);
  return well_formed ? std::optional{parsed} : std::nullopt;
}

/// The key of our digests that an algorithm's name in such a list stands for.
std::string own_name(std::string_view algorithm) {
  return algorithm == "SHA256" ? "sha256" : algorithm == "SHA512" ? "sha512" : std::string{};
}

}  // namespace

Link find_in_checksums(std::string_view list, const Artifact& artifact) {
  constexpr auto k_name = "subject";
  constexpr std::size_t k_shown = 80;
  // Another release's bytes under this one's name are signed, but as that other.
  std::string other, listed, unread;
  for (const auto line : split_lines(list)) {
    const auto parsed = parse_checksum(line);
    if (!parsed && unread.empty() && line.find_first_not_of(" \t\r") != std::string_view::npos)
      unread = line.substr(0, k_shown);
    if (!parsed) continue;
    const auto own = artifact.digests().find(own_name(parsed->algorithm));
    if (own == artifact.digests().end() || parsed->digest != own->second) continue;
    (artifact.may_be_called(parsed->name) ? listed : other) = parsed->name;
  }
  // What else was signed may say the opposite: "withdrawn", for instance.
  if (!listed.empty() && !unread.empty())
    return Link::not_checked(k_name, fmt::format("listed as \"{}\", but what else the list says is not understood "
                                                 "here, and may take it back: \"{}\"",
                                                 listed, unread));
  if (!listed.empty()) return Link::ok(k_name, fmt::format("listed as \"{}\"", listed));
  if (!other.empty())
    return Link::failed(k_name,
                        fmt::format("the list has this digest for \"{}\", not for \"{}\"", other, artifact.name()));
  if (!artifact.digests().contains("sha256"))
    return Link::not_checked(k_name, "lists name files by SHA-256, which of the artifact is not known");
  return Link::failed(k_name, "no digest in the list is this artifact's");
}

Result<Link> verify_minisign(ByteView content, std::string_view signature, std::string_view public_key) {
  constexpr auto k_name = "minisign or signify signature";
  ASSAY_TRY(const auto key_blob, parse_key(public_key));
  ASSAY_TRY(const auto key, PublicKey::from_ed25519(key_blob.value));
  auto lines = split_lines(signature);
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  if ((lines.size() != 2 && lines.size() != 4) || !lines[0].starts_with(k_comment))
    return malformed("not a signature of minisign or signify");
  ASSAY_TRY(const auto blob, parse_blob(lines[1], k_signature_size, "signature"));
  if (!is_algorithm(blob, "Ed") && !is_algorithm(blob, "ED"))
    return Error{ErrorCode::unsupported, "signature is of an algorithm that is not known", {}, {}};
  if (blob.id != key_blob.id)
    return Link::failed(k_name, fmt::format("made with key {}, not with the given one", to_hex(blob.id)))
        .with("given key", to_hex(key_blob.id));
  const bool prehashed = is_algorithm(blob, "ED");
  // Of a signature over a hash nothing but the two letters, which are not signed, says that it is over one.
  if (!prehashed && content.size() == k_hash_size)
    return Link::not_checked(k_name,
                             fmt::format("made without hashing, over {} bytes: whether these are what was signed, "
                                         "or the hash of it, cannot be told",
                                         k_hash_size));
  const auto digest = prehashed ? blake2b(content) : Bytes{};
  if (!key.verify(prehashed ? ByteView{digest} : content, blob.value))
    return Link::failed(k_name, "the signature does not hold");
  // signify writes two lines and hashes nothing; minisign, which does, always signs a comment too.
  if (prehashed && lines.size() != 4) return Link::failed(k_name, "the trusted comment that minisign signs is missing");
  auto link = Link::ok(k_name, fmt::format("Ed25519 key {}{}", to_hex(blob.id), prehashed ? ", over BLAKE2b" : ""));
  if (lines.size() == 4) {
    if (!lines[2].starts_with(k_trusted) ||
        !trusted_comment_holds(key, blob, lines[2].substr(k_trusted.size()), lines[3]))
      return Link::failed(k_name, "the trusted comment was changed after signing");
    link.with("trusted comment", std::string{lines[2].substr(k_trusted.size())});
  }
  return link;
}

}  // namespace assay::attest
