// Formats of which the header matters: Python byte code (PEP 552), file system images
// (squashfs 4.0 superblock, ext2/3/4 superblock, ISO 9660 primary volume descriptor).
#include <array>

#include "artifact/comparator.hpp"
#include "artifact/fields.hpp"
#include "artifact/file_system_image.hpp"

namespace assay::artifact {

namespace {

using Form = FixedField::Form;

constexpr std::array k_pyc_by_time{FixedField{"pyc magic", 0, 4, Aspect::content, Form::little},
                                   FixedField{"pyc flags", 4, 4, Aspect::content, Form::little},
                                   FixedField{"pyc source mtime", 8, 4, Aspect::time, Form::little},
                                   FixedField{"pyc source size", 12, 4, Aspect::content, Form::little}};
constexpr std::array k_pyc_by_hash{FixedField{"pyc magic", 0, 4, Aspect::content, Form::little},
                                   FixedField{"pyc flags", 4, 4, Aspect::content, Form::little},
                                   FixedField{"pyc source hash", 8, 8, Aspect::content, Form::raw}};
constexpr std::array k_squashfs{FixedField{"time of creation", 8, 4, Aspect::time, Form::little}};
constexpr std::array k_ext{FixedField{"time of mount", 0x2c, 4, Aspect::time, Form::little},
                           FixedField{"time of writing", 0x30, 4, Aspect::time, Form::little},
                           FixedField{"time of check", 0x40, 4, Aspect::time, Form::little},
                           FixedField{"file system UUID seed", 0x68, 16, Aspect::content, Form::raw, "uuid"},
                           FixedField{"hash seed", 0xec, 16, Aspect::content, Form::raw, "uuid"},
                           FixedField{"time of creation", 0x108, 4, Aspect::time, Form::little}};
constexpr std::array k_iso{FixedField{"volume created", 813, 16, Aspect::time, Form::text},
                           FixedField{"volume modified", 830, 16, Aspect::time, Form::text},
                           FixedField{"volume expires", 847, 16, Aspect::time, Form::text},
                           FixedField{"volume effective", 864, 16, Aspect::time, Form::text}};

constexpr std::uint64_t k_ext_superblock = 1024;
constexpr std::uint64_t k_iso_descriptor = 32768;

}  // namespace

bool compare_pyc(Session& /*session*/, const Pair& pair, Node& node) {
  const auto by_hash = [](const Content& content) { return (content.bytes()[4] & 1U) != 0; };
  if (by_hash(pair.a) != by_hash(pair.b)) return false;
  node.item.impact = Impact::code;
  if (by_hash(pair.a)) compare_fields(pair, k_pyc_by_hash, 0, node);
  else compare_fields(pair, k_pyc_by_time, 0, node);
  return true;
}

bool compare_squashfs(Session& session, const Pair& pair, Node& node) {
  return compare_images(session, pair, {read_squashfs, find_squashfs_places, k_squashfs, 0}, node);
}

bool compare_ext(Session& session, const Pair& pair, Node& node) {
  return compare_images(session, pair, {read_ext, find_ext_places, k_ext, k_ext_superblock}, node);
}

bool compare_iso(Session& session, const Pair& pair, Node& node) {
  return compare_images(session, pair, {read_iso, find_iso_places, k_iso, k_iso_descriptor}, node);
}

}  // namespace assay::artifact
