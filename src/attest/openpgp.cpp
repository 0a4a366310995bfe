#include "attest/openpgp.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <utility>

#include "attest/armor.hpp"
#include "attest/encoding.hpp"
#include "attest/rules.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

namespace assay::attest {

namespace {

constexpr std::size_t k_max_status = 4U << 20;
constexpr std::size_t k_most_signatures = 64;
constexpr std::uint64_t k_max_clear_text = 64U << 20;

/// What a signature is to be over: a file to the byte, or a text of which only the lines count.
enum class Covers : std::uint8_t { bytes, text };

/// A directory that nobody else can look into, gone with the object.
class PrivateDirectory {
 public:
  PrivateDirectory() {
    std::error_code ignored;
    auto pattern = (std::filesystem::temp_directory_path(ignored) / "assay-XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) m_path = pattern;
  }
  PrivateDirectory(const PrivateDirectory&) = delete;
  PrivateDirectory& operator=(const PrivateDirectory&) = delete;
  ~PrivateDirectory() {
    std::error_code ignored;
    if (!m_path.empty()) std::filesystem::remove_all(m_path, ignored);
  }
  bool exists() const { return !m_path.empty(); }
  std::filesystem::path file(const char* name) const { return m_path / name; }
  const std::filesystem::path& path() const { return m_path; }

 private:
  std::filesystem::path m_path;
};

Result<void> write_private(const std::filesystem::path& file, ByteView content) {
  return write_file_whole(file, as_text(content));
}

std::string read_all(int descriptor) {
  std::string text;
  std::array<char, 4096> buffer;
  for (;;) {
    const auto got = ::read(descriptor, buffer.data(), buffer.size());
    if (got <= 0) return text;
    // What comes after the limit is read and dropped, so that the program is not left hanging on a full pipe.
    if (text.size() < k_max_status) text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

/// Run gpgv and return what it says on its status descriptor.
Result<std::string> run_gpgv(const std::filesystem::path& home, std::vector<std::string> arguments) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return errno_error("make a pipe", "gpgv");
  UniqueFd reading{ends[0]}, writing{ends[1]};
  std::vector<std::string> words{"gpgv", "--homedir", home.string(), "--status-fd", "1"};
  words.insert(words.end(), std::make_move_iterator(arguments.begin()), std::make_move_iterator(arguments.end()));
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::string locale = "LC_ALL=C", path = "PATH=/usr/local/bin:/usr/bin:/bin", home_variable = "HOME=" + home.string();
  std::array<char*, 4> environment{locale.data(), path.data(), home_variable.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, writing.get(), STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = -1;
  const int problem = ::posix_spawnp(&child, "gpgv", &actions, nullptr, argv.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  if (problem != 0)
    return Error{
        ErrorCode::not_found, "gpgv cannot be run", {}, "install gpgv: OpenPGP signatures are verified with it"};
  writing.reset();
  auto status = read_all(reading.get());
  int ignored = 0;
  while (::waitpid(child, &ignored, 0) < 0 && errno == EINTR) {
  }
  return status;
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const auto space = line.find(' ');
    words.push_back(line.substr(0, space));
    line.remove_prefix(space == std::string_view::npos ? line.size() : space + 1);
  }
  return words;
}

int small_number(std::string_view text) {
  const auto value = parse_unsigned(text);
  return value && *value < 1000 ? static_cast<int>(*value) : 0;
}

std::int64_t time_number(std::string_view text) {
  const auto value = parse_unsigned(text);
  return value && *value <= 1ULL << 40 ? static_cast<std::int64_t>(*value) : 0;
}

/// Reads gpgv's status lines (doc/DETAILS of GnuPG). A signature is good only if gpgv said so and called it valid as well.
class StatusReader {
 public:
  /// `primary_expirations`: primary_key_expirations() of the keyring.
  explicit StatusReader(std::vector<std::int64_t> primary_expirations)
      : m_primary_expirations(std::move(primary_expirations)) {}

  std::vector<OpenPgpSignature> read(std::string_view status) {
    for (const auto line : split_lines(status)) {
      constexpr std::string_view k_prefix = "[GNUPG:] ";
      if (line.starts_with(k_prefix)) take(words_of(line.substr(k_prefix.size())), line);
    }
    finish();
    return std::move(m_signatures);
  }

 private:
  using Verdict = OpenPgpSignature::Verdict;

  void finish() {
    if (!m_open) return;
    if (m_claims_good && !m_is_valid) m_current.verdict = Verdict::unusable;
    if (m_is_expired && m_key_expired == 0) m_key_expired = m_earliest;
    if (m_is_expired && m_key_expired == 0) m_current.verdict = Verdict::unusable;  // expired, and nobody says when
    if (m_current.verdict == Verdict::good && m_is_expired) m_current.key_expired = m_key_expired;
    m_signatures.push_back(std::move(m_current));
  }

  void take(const std::vector<std::string_view>& words, std::string_view line) {
    const auto word = [&](std::size_t i) { return i < words.size() ? words[i] : std::string_view{}; };
    if (word(0) == "NEWSIG") {
      finish();
      m_current = {};
      m_open = true;
      m_claims_good = m_is_expired = m_is_valid = false;
      m_key_expired = m_earliest = 0;
      m_considered = false;
    }
    if (!m_open) return;
    const bool of_signer = std::exchange(m_considered, word(0) == "KEY_CONSIDERED");
    if (word(0) == "KEYEXPIRED") take_expiration(time_number(word(1)), of_signer);
    struct Claim {
      std::string_view word;
      Verdict verdict;
    };
    static constexpr Claim k_claims[] = {{"GOODSIG", Verdict::good},
                                         {"EXPKEYSIG", Verdict::good},
                                         {"REVKEYSIG", Verdict::revoked_key},
                                         {"EXPSIG", Verdict::expired_signature},
                                         {"BADSIG", Verdict::bad}};
    for (const auto& claim : k_claims) {
      if (word(0) != claim.word) continue;
      m_current.verdict = claim.verdict;
      m_claims_good = claim.verdict != Verdict::bad;
      m_is_expired = claim.word == "EXPKEYSIG";
      const auto name = line.find(word(1)) + word(1).size() + 1;
      m_current.user_id = name < line.size() ? line.substr(name) : std::string_view{};
      if (m_current.fingerprint.empty()) m_current.fingerprint = word(1);
    }
    if (word(0) == "ERRSIG") {
      m_current.fingerprint = word(7).empty() || word(7) == "-" ? word(1) : word(7);
      m_current.public_key_algorithm = small_number(word(2));
      m_current.hash_algorithm = small_number(word(3));
      m_current.created = time_number(word(5));
      m_current.verdict = word(6) == "9" ? Verdict::no_key : Verdict::unusable;
    }
    if (word(0) == "VALIDSIG") {
      m_current.fingerprint = word(1);
      m_current.created = time_number(word(3));
      m_current.public_key_algorithm = small_number(word(7));
      m_current.hash_algorithm = small_number(word(8));
      m_current.over_text = word(9) == "01";
      m_is_valid = true;
      m_current.primary_fingerprint = word(10).empty() ? word(1) : word(10);
    }
  }

  /// Named are the times of all keys below the primary one, also of those that did not sign. What counts is when the signer's
  /// own expired, which stands right behind the key that was considered, and when the primary one did.
  void take_expiration(std::int64_t time, bool of_signer) {
    const auto earlier = [time](std::int64_t known) { return known == 0 ? time : std::min(known, time); };
    if (time == 0) return;
    m_earliest = earlier(m_earliest);
    if (of_signer ||
        std::find(m_primary_expirations.begin(), m_primary_expirations.end(), time) != m_primary_expirations.end())
      m_key_expired = earlier(m_key_expired);
  }

  std::vector<std::int64_t> m_primary_expirations;
  std::vector<OpenPgpSignature> m_signatures;
  OpenPgpSignature m_current;
  bool m_considered = false;
  bool m_open = false, m_claims_good = false, m_is_expired = false, m_is_valid = false;
  std::int64_t m_key_expired = 0, m_earliest = 0;
};

/// What clocks may differ by.
constexpr std::int64_t k_most_ahead = 86400;

/// What keeps a good signature from vouching for the artifact's bytes today; empty if nothing does.
std::string reservation(const OpenPgpSignature& signature, Covers covers) {
  if (signature.created > static_cast<std::int64_t>(std::time(nullptr)) + k_most_ahead)
    return "is dated in the future, as nothing is that was signed";
  if (signature.over_text && covers == Covers::bytes)
    return "is over a text whose lines may end in any way, not over these bytes";
  return {};
}

bool is_weak_hash(int algorithm) {
  return algorithm >= 1 && algorithm <= 3;
}

Link judge(const OpenPgpSignature& signature, Covers covers, const std::string& name, std::vector<Finding>& findings) {
  using Verdict = OpenPgpSignature::Verdict;
  const auto who = signature.user_id.empty() ? signature.fingerprint : signature.user_id;
  const auto shown = escape_for_display(who);
  const auto report = [&](const Rule& rule, std::string message) {
    findings.push_back(make_finding(rule, {name, 0}, std::move(message),
                                    {{"key", signature.fingerprint}, {"user id", signature.user_id}},
                                    signature.fingerprint));
  };
  Link link;
  link.name = "OpenPGP signature";
  switch (signature.verdict) {
    case Verdict::good:
      link.state = LinkState::ok;
      link.detail = fmt::format("{}, {}", who, format_time(signature.created));
      if (const auto why = reservation(signature, covers); !why.empty())
        link = Link::not_checked(link.name, fmt::format("the signature of {} {}", link.detail, why));
      if (signature.key_expired != 0) {
        link.detail += fmt::format("; the key expired {}", format_time(signature.key_expired));
        report(k_expired_key, fmt::format("the key of {} expired {}", shown, format_time(signature.key_expired)));
        if (signature.created > signature.key_expired)
          link =
              Link::failed(link.name, fmt::format("{} signed {}, after the key expired {}", who,
                                                  format_time(signature.created), format_time(signature.key_expired)));
      }
      break;
    case Verdict::bad:
      link = Link::failed(link.name, fmt::format("bad signature that claims to be of {}", who));
      report(k_bad_signature, fmt::format("the signature that claims to be of {} does not hold", shown));
      break;
    case Verdict::revoked_key:
      link = Link::failed(link.name, fmt::format("the key of {} is revoked", who));
      report(k_revoked_key, fmt::format("the key of {} is revoked", shown));
      break;
    case Verdict::expired_signature:
      link = Link::failed(link.name, fmt::format("the signature of {} has expired", who));
      break;
    case Verdict::no_key:
      link = Link::not_checked(link.name, fmt::format("the keyring has no key {}: a --keyring that has it is needed",
                                                      signature.fingerprint));
      break;
    case Verdict::unusable:
      link = Link::failed(link.name,
                          fmt::format("gpgv cannot use the signature of {}", who.empty() ? "an unknown key" : who));
      break;
  }
  if (is_weak_hash(signature.hash_algorithm)) {
    link.detail += fmt::format("; over {}, which can be collided", hash_algorithm_name(signature.hash_algorithm));
    report(k_weak_digest,
           fmt::format("the signature of {} is over {}", shown, hash_algorithm_name(signature.hash_algorithm)));
  }
  link.with("fingerprint", signature.fingerprint);
  if (!signature.primary_fingerprint.empty() && signature.primary_fingerprint != signature.fingerprint)
    link.with("primary key", signature.primary_fingerprint);
  if (signature.public_key_algorithm != 0)
    link.with("algorithm", fmt::format("{} with {}", public_key_algorithm_name(signature.public_key_algorithm),
                                       hash_algorithm_name(signature.hash_algorithm)));
  return link;
}

OpenPgpCheck conclude(std::vector<OpenPgpSignature> signatures, Covers covers, const std::string& name) {
  OpenPgpCheck check;
  check.link.name = "OpenPGP";
  bool good = false;
  if (signatures.size() > k_most_signatures) {
    check.link =
        Link::failed("OpenPGP", fmt::format("{} signatures; the limit is {}", signatures.size(), k_most_signatures));
    return check;
  }
  for (const auto& signature : signatures) {
    auto link = judge(signature, covers, name, check.findings);
    good = good || link.state == LinkState::ok;
    check.link.add(std::move(link));
  }
  check.signatures = std::move(signatures);
  if (check.signatures.empty()) {
    check.link = Link::failed("OpenPGP", "there is no signature that gpgv can read");
    return check;
  }
  // A file signed by several, of whom we know some: those we do not know take nothing away.
  if (good)
    for (auto& child : check.link.children)
      if (child.state == LinkState::not_checked) child.required = false;
  check.link.settle();
  return check;
}

/// Lay keyring and signature ready; the expirations of the primary keys.
Result<std::vector<std::int64_t>> prepare(const PrivateDirectory& directory, std::string_view keyring,
                                          std::string_view signature) {
  if (!directory.exists())
    return errno_error("make a private directory", std::filesystem::temp_directory_path().string());
  ASSAY_TRY(const auto keys, dearmor(keyring));
  if (keys.empty()) return Error{ErrorCode::format, "the keyring is empty", {}, {}};
  ASSAY_TRY_VOID(write_private(directory.file("keys.gpg"), keys));
  ASSAY_TRY_VOID(write_private(directory.file("signature"), as_bytes(signature)));
  return primary_key_expirations(keys);
}

}  // namespace

std::string public_key_algorithm_name(int algorithm) {
  switch (algorithm) {
    case 1:
      return "RSA";
    case 17:
      return "DSA";
    case 19:
      return "ECDSA";
    case 22:
      return "EdDSA";
    case 27:
      return "Ed25519";
    default:
      return fmt::format("public-key algorithm {}", algorithm);
  }
}

std::string hash_algorithm_name(int algorithm) {
  switch (algorithm) {
    case 1:
      return "MD5";
    case 2:
      return "SHA-1";
    case 3:
      return "RIPEMD-160";
    case 8:
      return "SHA-256";
    case 9:
      return "SHA-384";
    case 10:
      return "SHA-512";
    case 11:
      return "SHA-224";
    default:
      return fmt::format("hash algorithm {}", algorithm);
  }
}

Result<OpenPgpCheck> verify_openpgp(const std::filesystem::path& file, std::string_view signature,
                                    std::string_view keyring, const std::string& name) {
  const PrivateDirectory directory;
  // A broken armor would make gpgv see nothing at all; better say what is wrong with it.
  ASSAY_TRY(const auto packets, dearmor(signature));
  ASSAY_TRY_VOID(expect_signatures(packets, k_most_signatures));
  ASSAY_TRY(auto expirations, prepare(directory, keyring, as_text(packets)));
  std::error_code ignored;
  const auto absolute = std::filesystem::absolute(file, ignored);  // a name may start with a hyphen
  ASSAY_TRY(const auto status, run_gpgv(directory.path(), {"--keyring", directory.file("keys.gpg").string(),
                                                           directory.file("signature").string(), absolute.string()}));
  return conclude(StatusReader{std::move(expirations)}.read(status), Covers::bytes, name);
}

Result<OpenPgpCheck> verify_openpgp_bytes(ByteView content, std::string_view signature, std::string_view keyring,
                                          const std::string& name) {
  const PrivateDirectory directory;
  if (!directory.exists())
    return errno_error("make a private directory", std::filesystem::temp_directory_path().string());
  ASSAY_TRY_VOID(write_private(directory.file("content"), content));
  return verify_openpgp(directory.file("content"), signature, keyring, name);
}

Result<OpenPgpCheck> verify_clear_signed(std::string_view content, std::string_view keyring, const std::string& name) {
  if (!is_clear_signed(content))
    return Error{ErrorCode::format, "not a clear-signed file", escape_for_display(name), {}};
  ASSAY_TRY(const auto packets, signature_of_clear_signed(content));
  ASSAY_TRY_VOID(expect_signatures(packets, k_most_signatures));
  const PrivateDirectory directory;
  ASSAY_TRY(auto expirations, prepare(directory, keyring, content));
  const auto output = directory.file("text");
  ASSAY_TRY(const auto status, run_gpgv(directory.path(), {"--keyring", directory.file("keys.gpg").string(), "--output",
                                                           output.string(), directory.file("signature").string()}));
  auto check = conclude(StatusReader{std::move(expirations)}.read(status), Covers::text, name);
  if (check.link.state != LinkState::ok) return check;
  ASSAY_TRY(const auto text, read_file(output, k_max_clear_text));
  check.text = as_text(text);
  return check;
}

}  // namespace assay::attest
