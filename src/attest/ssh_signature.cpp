#include "attest/ssh_signature.hpp"

#include <fmt/format.h>
#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <memory>

#include "base/handle.hpp"
#include "base/text.hpp"

namespace assay::attest {

namespace {

using Number = Handle<BIGNUM, BN_free>;
using Key = Handle<EVP_PKEY, EVP_PKEY_free>;
using KeyContext = Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using Builder = Handle<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using Parameters = Handle<OSSL_PARAM, OSSL_PARAM_free>;

constexpr std::size_t k_max_signature_text = 64U << 10;
constexpr std::string_view k_armor = "-----BEGIN SSH SIGNATURE-----";
constexpr std::size_t k_max_allowed_lines = 100'000;
constexpr std::size_t k_problems_shown = 3;

Error malformed(std::string message) {
  return {ErrorCode::format, std::move(message), {}, {}};
}

/// Reads RFC 4251's data types; every length is checked before it is believed.
class WireReader {
 public:
  explicit WireReader(ByteView bytes) : m_rest(bytes) {}
  std::optional<ByteView> string() {
    const auto size = number();
    if (!size || *size > m_rest.size()) return std::nullopt;
    return take(*size);
  }
  std::optional<std::uint32_t> number() {
    if (m_rest.size() < 4) return std::nullopt;
    const auto bytes = take(4);
    return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 |
           std::uint32_t{bytes[3]};
  }
  bool skip(std::string_view expected) {
    if (!as_text(m_rest).starts_with(expected)) return false;
    take(expected.size());
    return true;
  }
  bool at_end() const { return m_rest.empty(); }
  ByteView rest() { return take(m_rest.size()); }

 private:
  ByteView take(std::size_t size) {
    const auto taken = m_rest.first(size);
    m_rest = m_rest.subspan(size);
    return taken;
  }
  ByteView m_rest;
};

void append_string(Bytes& out, std::string_view text) {
  for (const int shift : {24, 16, 8, 0}) out.push_back(static_cast<std::uint8_t>(text.size() >> shift));
  out.insert(out.end(), text.begin(), text.end());
}

Bytes bytes_of(ByteView view) {
  return {view.begin(), view.end()};
}

Result<PublicKey> make_key(const char* type, OSSL_PARAM_BLD* builder) {
  const Parameters parameters{OSSL_PARAM_BLD_to_param(builder)};
  const KeyContext context{EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)};
  EVP_PKEY* made = nullptr;
  if (parameters && context && EVP_PKEY_fromdata_init(context.get()) == 1)
    EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get());
  const Key key{made};
  ERR_clear_error();
  if (!key) return malformed("SSH key is malformed");
  return PublicKey::from_handle(key.get());
}

Result<PublicKey> make_rsa_key(ByteView exponent, ByteView modulus) {
  const Number e{BN_bin2bn(exponent.data(), static_cast<int>(exponent.size()), nullptr)};
  const Number n{BN_bin2bn(modulus.data(), static_cast<int>(modulus.size()), nullptr)};
  const Builder builder{OSSL_PARAM_BLD_new()};
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  return make_key("RSA", builder.get());
}

Result<PublicKey> make_ecdsa_key(std::string_view curve, ByteView point) {
  const char* group = curve == "nistp256"   ? "prime256v1"
                      : curve == "nistp384" ? "secp384r1"
                      : curve == "nistp521" ? "secp521r1"
                                            : nullptr;
  if (group == nullptr) return Error{ErrorCode::unsupported, "SSH key is on a curve that is not known", {}, {}};
  const Builder builder{OSSL_PARAM_BLD_new()};
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  return make_key("EC", builder.get());
}

/// SSH writes r and s one after another; OpenSSL wants them in DER.
std::optional<Bytes> ecdsa_to_der(ByteView blob) {
  WireReader reader{blob};
  const auto r = reader.string(), s = reader.string();
  if (!r || !s || !reader.at_end() || r->size() > 80 || s->size() > 80) return std::nullopt;
  const Handle<ECDSA_SIG, ECDSA_SIG_free> pair{ECDSA_SIG_new()};
  ECDSA_SIG_set0(pair.get(), BN_bin2bn(r->data(), static_cast<int>(r->size()), nullptr),
                 BN_bin2bn(s->data(), static_cast<int>(s->size()), nullptr));
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair.get(), &der);
  if (size <= 0) return std::nullopt;
  Bytes out(der, der + size);
  OPENSSL_free(der);
  return out;
}

constexpr std::string_view k_token_ed25519 = "sk-ssh-ed25519@openssh.com";
constexpr std::string_view k_token_ecdsa = "sk-ecdsa-sha2-nistp256@openssh.com";
constexpr std::size_t k_token_data = 5;
constexpr std::uint8_t k_user_present = 1;

bool is_token(std::string_view algorithm) {
  return algorithm == k_token_ed25519 || algorithm == k_token_ecdsa;
}

/// What a security key signs in place of the message (PROTOCOL.u2f): hash of the application, flags, counter, hash of the
/// message. Nothing if the key is malformed.
std::optional<Bytes> token_message(const SshSignature& signature, ByteView message) {
  if (signature.token_data.size() != k_token_data) return std::nullopt;
  WireReader reader{signature.public_key};
  std::optional<ByteView> application;
  while (!reader.at_end()) {  // it is the last string of the key
    application = reader.string();
    if (!application) return std::nullopt;
  }
  if (!application) return std::nullopt;
  auto out = digest_of(HashKind::sha256, *application);
  out.insert(out.end(), signature.token_data.begin(), signature.token_data.end());
  const auto hash = digest_of(HashKind::sha256, message);
  out.insert(out.end(), hash.begin(), hash.end());
  return out;
}

bool token_holds(const PublicKey& key, const SshSignature& signature, ByteView message) {
  const auto signed_bytes = token_message(signature, message);
  if (!signed_bytes) return false;
  if (signature.algorithm == k_token_ed25519)
    return key.kind() == KeyKind::ed25519 && key.verify(*signed_bytes, signature.signature);
  const auto der = ecdsa_to_der(signature.signature);
  return key.kind() == KeyKind::ecdsa_p256 && der && key.verify(*signed_bytes, *der, HashKind::sha256);
}

/// Does the algorithm's name fit the key, and the signature the message?
bool holds(const PublicKey& key, const SshSignature& signature, ByteView message) {
  if (is_token(signature.algorithm)) return token_holds(key, signature, message);
  WireReader wire{signature.public_key};
  if (const auto type = wire.string(); !type || is_token(as_text(*type))) return false;
  switch (key.kind()) {
    case KeyKind::ed25519:
      return signature.algorithm == "ssh-ed25519" && key.verify(message, signature.signature);
    case KeyKind::rsa:
      // ssh-rsa means SHA-1 and is not taken.
      if (signature.algorithm == "rsa-sha2-512") return key.verify(message, signature.signature, HashKind::sha512);
      return signature.algorithm == "rsa-sha2-256" && key.verify(message, signature.signature, HashKind::sha256);
    case KeyKind::ecdsa_p256:
    case KeyKind::ecdsa_p384:
    case KeyKind::ecdsa_p521: {
      const auto hash = key.kind() == KeyKind::ecdsa_p256   ? HashKind::sha256
                        : key.kind() == KeyKind::ecdsa_p384 ? HashKind::sha384
                                                            : HashKind::sha512;
      const auto der = ecdsa_to_der(signature.signature);
      return signature.algorithm.starts_with("ecdsa-sha2-nistp") && der && key.verify(message, *der, hash);
    }
    case KeyKind::rsa_pss:
      break;
  }
  return false;
}

/// As ssh-keygen does, a signature that nobody touched the security key for is taken: whether that was asked for is between
/// the key and its owner. It is said.
Link made_by(const std::string& principal, const PublicKey& key, const SshSignature& signature) {
  if (signature.token_data.empty())
    return Link::ok("SSH signature", fmt::format("{}, {}", principal, key.description()));
  const bool touched = (signature.token_data[0] & k_user_present) != 0;
  return Link::ok("SSH signature", fmt::format("{}, security key {} ({})", principal, key.description(),
                                               touched ? "touched" : "not touched"));
}

/// `*` and `?` and nothing else: a bracket or backslash is itself, other than in the patterns of a shell.
bool matches_pattern(std::string_view pattern, std::string_view text) noexcept {
  std::size_t in_pattern = 0, in_text = 0, star = std::string_view::npos, resume = 0;
  while (in_text < text.size()) {
    if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
      star = in_pattern++;
      resume = in_text;
    } else if (in_pattern < pattern.size() && (pattern[in_pattern] == '?' || pattern[in_pattern] == text[in_text])) {
      ++in_pattern;
      ++in_text;
    } else if (star != std::string_view::npos) {
      in_pattern = star + 1;
      in_text = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', in_pattern) == std::string_view::npos;
}

bool refuses(std::string_view pattern) {
  return pattern.starts_with('!');
}

bool names_somebody(const AllowedSigner& signer) {
  return !std::all_of(signer.principals.begin(), signer.principals.end(), refuses);
}

/// Whom the file lets sign with a key: all its patterns, of which the first may be the least telling.
std::string name_of(const AllowedSigner& signer) {
  return fmt::format("{}", fmt::join(signer.principals, ","));
}

std::vector<std::string> split_commas(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto comma = text.find(',');
    if (comma != 0) parts.emplace_back(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return parts;
}

/// The next word of a line; blanks within double quotes do not end it.
std::string_view next_word(std::string_view& line) {
  const auto start = line.find_first_not_of(" \t");
  if (start == std::string_view::npos) return line = {};
  line.remove_prefix(start);
  bool quoted = false;
  std::size_t end = 0;
  for (; end < line.size() && (quoted || (line[end] != ' ' && line[end] != '\t')); ++end)
    if (line[end] == '"') quoted = !quoted;
  const auto word = line.substr(0, end);
  line.remove_prefix(end);
  return word;
}

bool is_key_type(std::string_view word) {
  return word == "ssh-ed25519" || word == "ssh-rsa" || word.starts_with("ecdsa-sha2-") || is_token(word);
}

/// "20240101", "20240101Z", "202401011200[00][Z]"; without Z the file's author meant local time, read as UTC here.
std::optional<std::int64_t> parse_ssh_time(std::string_view text) {
  if (text.ends_with('Z')) text.remove_suffix(1);
  if ((text.size() != 8 && text.size() != 12 && text.size() != 14) ||
      text.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  const auto part = [&](std::size_t at) { return at < text.size() ? text.substr(at, 2) : std::string_view{"00"}; };
  return parse_time(fmt::format("{}-{}-{}T{}:{}:{}Z", text.substr(0, 4), text.substr(4, 2), text.substr(6, 2), part(8),
                                part(10), part(12)));
}

/// What stands between double quotes, which OpenSSH insists on.
std::optional<std::string_view> unquoted(std::string_view value) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return std::nullopt;
  value = value.substr(1, value.size() - 2);
  return value.find('"') == std::string_view::npos ? std::optional{value} : std::nullopt;
}

/// Take the options of a line into `signer`; what is wrong with them, or nothing. What OpenSSH would not take is not taken:
/// a limit that is misunderstood is none.
std::string take_options(std::string_view options, AllowedSigner& signer) {
  while (!options.empty()) {
    bool quoted = false;
    std::size_t end = 0;
    for (; end < options.size() && (quoted || options[end] != ','); ++end)
      if (options[end] == '"') quoted = !quoted;
    const auto option = options.substr(0, end);
    options.remove_prefix(std::min(end + 1, options.size()));
    const auto equals = option.find('=');
    const auto name = ascii_lower(option.substr(0, equals));
    if (name != "namespaces" && name != "valid-after" && name != "valid-before")
      return fmt::format("option {} is not supported", name);
    const auto value = equals == std::string_view::npos ? std::nullopt : unquoted(option.substr(equals + 1));
    if (!value) return fmt::format("{} has no value in double quotes", name);
    if (name == "namespaces") {
      if (signer.name_spaces) return "namespaces stands twice";
      signer.name_spaces = split_commas(*value);
    } else {
      auto& limit = name == "valid-after" ? signer.valid_after : signer.valid_before;
      if (limit) return fmt::format("{} stands twice", name);
      limit = parse_ssh_time(*value);
      if (!limit) return fmt::format("{} is no time", name);
    }
  }
  return {};
}

std::string take_line(std::string_view line, AllowedSigner& signer) {
  auto principals = next_word(line);
  if (principals.size() >= 2 && principals.front() == '"' && principals.back() == '"')
    principals = principals.substr(1, principals.size() - 2);
  signer.principals = split_commas(principals);
  auto word = next_word(line);
  if (!is_key_type(word)) {
    if (auto problem = take_options(word, signer); !problem.empty()) return problem;
    word = next_word(line);
  }
  if (!is_key_type(word)) return "no key type that is known";
  const auto key = from_base64(next_word(line));
  if (!key || !parse_ssh_key(*key)) return "no key that can be read";
  signer.public_key = *key;
  return names_somebody(signer) ? "" : "nobody may sign with its key";
}

/// Why the line does not let `signature` be made in `name_space` at `time` by whom is asked for; empty if it does.
std::string refusal(const AllowedSigner& signer, std::string_view name_space, std::int64_t time,
                    const std::string& principal) {
  const bool in_time = (!signer.valid_after || time >= *signer.valid_after) &&
                       (!signer.valid_before || (time != 0 && time < *signer.valid_before));
  if (signer.name_spaces && !matches_ssh_patterns(*signer.name_spaces, name_space))
    return fmt::format("{} may not sign for \"{}\"", name_of(signer), name_space);
  if (!in_time) return fmt::format("the key of {} was not valid then", name_of(signer));
  if (!principal.empty() && !matches_ssh_patterns(signer.principals, principal))
    return fmt::format("the key is of {}, not of {}", name_of(signer), principal);
  return {};
}

/// Whether a line lets the key sign; "not checked" if one does that refuses somebody, and nobody says who it is.
Link find_signer(const PublicKey& key, const SshSignature& signature, std::string_view name_space,
                 const AllowedSigners& allowed, std::int64_t time) {
  auto found = Link::failed("SSH signature", "nobody who may sign has this key");
  for (const auto& signer : allowed.signers) {
    if (signer.public_key != signature.public_key) continue;
    const auto why = refusal(signer, name_space, time, allowed.principal);
    const bool refuses_some = std::any_of(signer.principals.begin(), signer.principals.end(), refuses);
    if (why.empty() && !allowed.principal.empty()) return made_by(allowed.principal, key, signature);
    if (why.empty() && !refuses_some) return made_by(name_of(signer), key, signature);
    if (why.empty())
      found = Link::not_checked("SSH signature", fmt::format("the key is of {}: whether the signer is one of those it "
                                                             "refuses is not known without --principal",
                                                             name_of(signer)));
    else if (found.state == LinkState::failed) found.detail = why;
  }
  return found;
}

}  // namespace

bool matches_ssh_patterns(const std::vector<std::string>& patterns, std::string_view text) noexcept {
  bool matched = false;
  for (const std::string_view pattern : patterns) {
    if (!matches_pattern(pattern.substr(refuses(pattern) ? 1 : 0), text)) continue;
    if (refuses(pattern)) return false;
    matched = true;
  }
  return matched;
}

bool is_ssh_signature(std::string_view text) noexcept {
  return text.starts_with(k_armor);
}

Result<SshSignature> SshSignature::parse(std::string_view armored) {
  if (armored.size() > k_max_signature_text) return malformed("SSH signature is too long");
  if (armored.find(k_armor) != armored.rfind(k_armor)) return malformed("holds more than one SSH signature");
  const auto bytes = from_pem(armored, "SSH SIGNATURE");
  if (!bytes) return malformed("SSH signature's armor is malformed");
  WireReader reader{*bytes};
  if (!reader.skip("SSHSIG")) return malformed("SSH signature has no SSHSIG at its start");
  if (reader.number() != 1U) return Error{ErrorCode::unsupported, "SSH signature is of another version than 1", {}, {}};
  const auto key = reader.string(), name_space = reader.string(), reserved = reader.string(), hash = reader.string(),
             blob = reader.string();
  if (!key || !name_space || !reserved || !hash || !blob || !reader.at_end())
    return malformed("SSH signature is cut short, or has bytes left over");
  WireReader inner{*blob};
  const auto algorithm = inner.string(), value = inner.string();
  const auto token_data = inner.rest();
  if (!algorithm || !value || token_data.size() != (is_token(as_text(*algorithm)) ? k_token_data : 0))
    return malformed("SSH signature is cut short, or has bytes left over");
  SshSignature signature{bytes_of(*key),
                         std::string{as_text(*name_space)},
                         std::string{as_text(*hash)},
                         std::string{as_text(*algorithm)},
                         bytes_of(*value),
                         bytes_of(token_data)};
  if (signature.hash != "sha256" && signature.hash != "sha512")
    return Error{ErrorCode::unsupported, "SSH signature is over a hash that is not known", {}, {}};
  if (signature.name_space.empty()) return malformed("SSH signature has no namespace");
  return signature;
}

Result<PublicKey> parse_ssh_key(ByteView wire) {
  WireReader reader{wire};
  const auto type = reader.string();
  if (!type) return malformed("SSH key is cut short");
  const auto name = as_text(*type);
  if (name == "ssh-ed25519") {
    const auto raw = reader.string();
    return raw && reader.at_end() ? PublicKey::from_ed25519(*raw) : malformed("SSH key is malformed");
  }
  if (name == k_token_ed25519) {
    const auto raw = reader.string(), application = reader.string();
    return raw && application && reader.at_end() ? PublicKey::from_ed25519(*raw) : malformed("SSH key is malformed");
  }
  if (name == k_token_ecdsa) {
    const auto curve = reader.string(), point = reader.string(), application = reader.string();
    if (!curve || !point || !application || !reader.at_end() || as_text(*curve) != "nistp256")
      return malformed("SSH key is malformed");
    return make_ecdsa_key(as_text(*curve), *point);
  }
  if (name == "ssh-rsa") {
    const auto exponent = reader.string(), modulus = reader.string();
    if (!exponent || !modulus || !reader.at_end() || exponent->size() > 8 || modulus->size() > 4096)
      return malformed("SSH key is malformed");
    return make_rsa_key(*exponent, *modulus);
  }
  if (name.starts_with("ecdsa-sha2-")) {
    const auto curve = reader.string(), point = reader.string();
    if (!curve || !point || !reader.at_end() || name.substr(11) != as_text(*curve))
      return malformed("SSH key is malformed");
    return make_ecdsa_key(as_text(*curve), *point);
  }
  return Error{
      ErrorCode::unsupported, fmt::format("SSH key of type {}", escape_for_display(name.substr(0, 60))), {}, {}};
}

AllowedSigners AllowedSigners::parse(std::string_view text) {
  AllowedSigners allowed;
  const auto lines = split_lines(text);
  for (std::size_t i = 0; i < std::min(lines.size(), k_max_allowed_lines); ++i) {
    const auto start = lines[i].find_first_not_of(" \t");
    if (start == std::string_view::npos || lines[i][start] == '#') continue;
    AllowedSigner signer;
    if (const auto problem = take_line(lines[i], signer); problem.empty()) allowed.signers.push_back(std::move(signer));
    else allowed.problems.push_back(fmt::format("line {}: {}", i + 1, problem));
  }
  if (lines.size() > k_max_allowed_lines)
    allowed.problems.push_back(fmt::format("lines after {} were not read", k_max_allowed_lines));
  return allowed;
}

Link verify_ssh(const SshSignature& signature, ByteView message, std::string_view name_space,
                const AllowedSigners& allowed, std::int64_t time) {
  constexpr auto k_name = "SSH signature";
  const auto key = parse_ssh_key(signature.public_key);
  if (!key) return Link::failed(k_name, key.error().message);
  if (signature.name_space != name_space)
    return Link::failed(k_name, fmt::format("made for \"{}\", not for \"{}\"", signature.name_space, name_space));
  Bytes signed_bytes;
  for (const char c : std::string_view{"SSHSIG"}) signed_bytes.push_back(static_cast<std::uint8_t>(c));
  const auto digest = digest_of(signature.hash == "sha256" ? HashKind::sha256 : HashKind::sha512, message);
  for (const auto part :
       {std::string_view{signature.name_space}, std::string_view{}, std::string_view{signature.hash}, as_text(digest)})
    append_string(signed_bytes, part);
  const auto fingerprint = fmt::format("SHA256:{}", to_base64(digest_of(HashKind::sha256, signature.public_key)));
  if (!holds(*key, signature, signed_bytes))
    return Link::failed(k_name, "the signature does not hold").with("key", fingerprint);
  auto found = find_signer(*key, signature, name_space, allowed, time);
  found.with("key", fingerprint);
  if (found.state == LinkState::ok) return found;
  for (std::size_t i = 0; i < std::min(allowed.problems.size(), k_problems_shown); ++i)
    found.with("passed over", allowed.problems[i]);
  return found;
}

}  // namespace assay::attest
