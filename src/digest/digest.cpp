#include "digest/digest.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <new>
#include <stdexcept>

#include "digest/collision_detecting_sha1.hpp"

namespace assay {

namespace {

struct MdDeleter {
  void operator()(EVP_MD* md) const { EVP_MD_free(md); }
};
struct CtxDeleter {
  void operator()(EVP_MD_CTX* ctx) const { EVP_MD_CTX_free(ctx); }
};
using MdPtr = std::unique_ptr<EVP_MD, MdDeleter>;

/// One fetched algorithm and a context that is initialised from it again and again: an explicit fetch once, because the
/// implicit one of EVP_sha256() takes a lock and a search for every entry.
class Evp {
 public:
  explicit Evp(const char* name) : m_md(EVP_MD_fetch(nullptr, name, nullptr)), m_ctx(EVP_MD_CTX_new()) {
    if (m_md == nullptr || m_ctx == nullptr) throw std::runtime_error{fmt::format("OpenSSL offers no {}", name)};
    begin();
  }
  void begin() {
    if (EVP_DigestInit_ex2(m_ctx.get(), m_md.get(), nullptr) != 1)
      throw std::runtime_error{"EVP_DigestInit_ex2 failed"};
  }
  void update(ByteView data) {
    if (EVP_DigestUpdate(m_ctx.get(), data.data(), data.size()) != 1)
      throw std::runtime_error{"EVP_DigestUpdate failed"};
  }
  void finish(std::uint8_t* out) {
    if (EVP_DigestFinal_ex(m_ctx.get(), out, nullptr) != 1) throw std::runtime_error{"EVP_DigestFinal_ex failed"};
  }

 private:
  MdPtr m_md;
  std::unique_ptr<EVP_MD_CTX, CtxDeleter> m_ctx;
};

std::string object_header(std::string_view type, std::uint64_t size) {
  auto header = fmt::format("{} {}", type, size);
  header.push_back('\0');
  return header;
}

const char* evp_name(GitHash hash) {
  return hash == GitHash::sha1 ? "SHA1" : "SHA256";
}

}  // namespace

std::string Sha256::hex() const {
  return to_hex(bytes);
}

std::optional<Sha256> Sha256::from_hex(std::string_view hex) {
  const auto bytes = assay::from_hex(hex);
  if (!bytes || bytes->size() != 32) return std::nullopt;
  Sha256 digest;
  std::copy(bytes->begin(), bytes->end(), digest.bytes.begin());
  return digest;
}

std::optional<GitOid> GitOid::from_hex(std::string_view hex) {
  const auto bytes = assay::from_hex(hex);
  if (!bytes || (bytes->size() != 20 && bytes->size() != 32)) return std::nullopt;
  GitOid oid;
  oid.hash = bytes->size() == 20 ? GitHash::sha1 : GitHash::sha256;
  std::copy(bytes->begin(), bytes->end(), oid.bytes.begin());
  return oid;
}

Sha256 sha256(ByteView content) {
  Sha256Stream stream;
  stream.update(content);
  return stream.finish();
}

GitOid git_object_id(GitHash hash, std::string_view type, ByteView content) {
  Evp evp{evp_name(hash)};
  evp.update(as_bytes(object_header(type, content.size())));
  evp.update(content);
  GitOid oid{hash, {}};
  evp.finish(oid.bytes.data());
  return oid;
}

struct Sha256Stream::State {
  Evp evp{"SHA256"};
};
Sha256Stream::Sha256Stream() : m_state(std::make_unique<State>()) {}
Sha256Stream::~Sha256Stream() = default;
Sha256Stream::Sha256Stream(Sha256Stream&&) noexcept = default;
Sha256Stream& Sha256Stream::operator=(Sha256Stream&&) noexcept = default;
void Sha256Stream::update(ByteView data) {
  m_state->evp.update(data);
}
Sha256 Sha256Stream::finish() {
  Sha256 digest;
  m_state->evp.finish(digest.bytes.data());
  m_state->evp.begin();
  return digest;
}

struct EntryHasher::State {
  explicit State(GitHash git_hash) : hash(git_hash), git(evp_name(git_hash)) {}
  GitHash hash;
  Evp content{"SHA256"};
  Evp git;
  CollisionDetectingSha1 detector;

  /// Without a look for collisions.
  GitOid plain_git_id(ByteView blob) {
    GitOid oid{hash, {}};
    git.begin();
    git.update(as_bytes(object_header("blob", blob.size())));
    git.update(blob);
    git.finish(oid.bytes.data());
    return oid;
  }
};

EntryHasher::EntryHasher(GitHash hash) : m_state(std::make_unique<State>(hash)) {}
EntryHasher::~EntryHasher() = default;
EntryHasher::EntryHasher(EntryHasher&&) noexcept = default;
EntryHasher& EntryHasher::operator=(EntryHasher&&) noexcept = default;

void EntryHasher::begin(std::uint64_t size) {
  m_state->content.begin();
  m_state->git.begin();
  m_state->git.update(as_bytes(object_header("blob", size)));
  if (m_state->hash == GitHash::sha1) m_state->detector.begin_blob(size);
}

void EntryHasher::update(ByteView data) {
  m_state->content.update(data);
  m_state->git.update(data);
  if (m_state->hash == GitHash::sha1) m_state->detector.update(data);
}

namespace {

/// All digests of an entry, of which `detected` is the collision-detecting SHA-1's answer.
DigestSet judged(DigestSet digests, const GitOid& detected) {
  static constexpr GitOid k_not_finished{};
  digests.sha1_collision =
      digests.git_oid.hash == GitHash::sha1 && detected != k_not_finished && detected != digests.git_oid;
  return digests;
}

}  // namespace

DigestSet EntryHasher::finish() {
  DigestSet digests;
  digests.git_oid.hash = m_state->hash;
  m_state->content.finish(digests.sha256.bytes.data());
  m_state->git.finish(digests.git_oid.bytes.data());
  return judged(digests, m_state->hash == GitHash::sha1 ? m_state->detector.finish() : GitOid{});
}

GitOid EntryHasher::git_id(ByteView content) {
  if (m_state->hash == GitHash::sha1) {
    m_state->detector.begin_blob(content.size());
    m_state->detector.update(content);
    return m_state->detector.finish();
  }
  return m_state->plain_git_id(content);
}

DigestSet EntryHasher::complete(const GitOid& id, ByteView content) {
  DigestSet digests;
  m_state->content.begin();
  m_state->content.update(content);
  m_state->content.finish(digests.sha256.bytes.data());
  const bool known = m_state->hash == GitHash::sha256 && id.hash == GitHash::sha256;
  digests.git_oid = known ? id : m_state->plain_git_id(content);
  return judged(digests, id);
}

}  // namespace assay
