#include "digest/collision_detecting_sha1.hpp"

#include <git2.h>
#include <git2/sys/odb_backend.h>

#include <algorithm>
#include <new>
#include <stdexcept>

namespace assay {

namespace {

// libgit2 keeps its collision-detecting SHA-1 to itself, but every object written through git_odb_open_wstream() passes
// through it. So we write into an object database whose only backend throws the bytes away: a public interface, no
// copy, no memory that grows with the blob (docs/adr/002).
int discard(git_odb_stream* /*stream*/, const char* /*data*/, std::size_t /*size*/) {
  return 0;
}
int accept_id(git_odb_stream* /*stream*/, const git_oid* /*id*/) {
  return 0;
}
void free_stream(git_odb_stream* stream) {
  delete stream;
}
void keep_backend(git_odb_backend* /*backend*/) {}

int open_stream(git_odb_stream** out, git_odb_backend* backend, git_object_size_t /*size*/, git_object_t /*type*/) {
  auto* stream = new (std::nothrow) git_odb_stream{};
  if (stream == nullptr) return GIT_ERROR;
  stream->backend = backend;
  stream->mode = GIT_STREAM_WRONLY;
  stream->write = discard;
  stream->finalize_write = accept_id;
  stream->free = free_stream;
  *out = stream;
  return 0;
}

struct StreamDeleter {
  void operator()(git_odb_stream* stream) const { git_odb_stream_free(stream); }
};
struct OdbDeleter {
  void operator()(git_odb* odb) const { git_odb_free(odb); }
};

}  // namespace

struct CollisionDetectingSha1::State {
  git_odb_backend backend{};
  std::unique_ptr<git_odb, OdbDeleter> odb;
  std::unique_ptr<git_odb_stream, StreamDeleter> stream;
  bool broken = false;

  State() {
    git_libgit2_init();
    git_odb* raw = nullptr;
    if (git_odb_new(&raw) != 0) throw std::runtime_error{"libgit2: cannot make an object database"};
    odb.reset(raw);
    git_odb_init_backend(&backend, GIT_ODB_BACKEND_VERSION);
    backend.writestream = open_stream;
    backend.free = keep_backend;
    if (git_odb_add_backend(odb.get(), &backend, 1) != 0) throw std::runtime_error{"libgit2: cannot add a backend"};
  }
  ~State() {
    stream.reset();
    odb.reset();
    git_libgit2_shutdown();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

CollisionDetectingSha1::CollisionDetectingSha1() : m_state(std::make_unique<State>()) {}
CollisionDetectingSha1::~CollisionDetectingSha1() = default;
CollisionDetectingSha1::CollisionDetectingSha1(CollisionDetectingSha1&&) noexcept = default;
CollisionDetectingSha1& CollisionDetectingSha1::operator=(CollisionDetectingSha1&&) noexcept = default;

void CollisionDetectingSha1::begin_blob(std::uint64_t size) {
  m_state->stream.reset();
  git_odb_stream* raw = nullptr;
  m_state->broken = git_odb_open_wstream(&raw, m_state->odb.get(), size, GIT_OBJECT_BLOB) != 0;
  m_state->stream.reset(raw);
}

void CollisionDetectingSha1::update(ByteView data) {
  if (m_state->broken || data.empty()) return;
  if (git_odb_stream_write(m_state->stream.get(), reinterpret_cast<const char*>(data.data()), data.size()) != 0)
    m_state->broken = true;
}

GitOid CollisionDetectingSha1::finish() {
  GitOid oid;
  git_oid raw{};
  // libgit2 looks the object up before it calls finalize_write; our backend has none, so that costs nothing.
  if (!m_state->broken && git_odb_stream_finalize_write(&raw, m_state->stream.get()) == 0)
    std::copy(raw.id, raw.id + 20, oid.bytes.begin());
  m_state->stream.reset();
  return oid;
}

}  // namespace assay
