// ASCII armor (RFC 4880, section 6; RFC 9580 makes the checksum optional) and the cleartext framework's outline.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace assay::attest {

/// The bytes of every armored block of `text` one after another. Text without any armor is returned as it is: it is binary
/// already. Errors: a block that does not end, base64 that is not canonical, a checksum (CRC-24) that is wrong, more than
/// 64 MiB.
Result<Bytes> dearmor(std::string_view text);

/// Is it one armored block and nothing else: a line that begins it, one that ends it with the same label, nothing on these lines
/// beside that and nothing but white space behind? What stands elsewhere no signature covers. PEM has the same lines (RFC 7468).
bool is_one_block(std::string_view text);

/// CRC-24 as RFC 4880, section 6.1 defines it.
std::uint32_t crc24(ByteView bytes) noexcept;

/// The type of the OpenPGP packet that `bytes` begin with (RFC 4880, section 4.2): 2 is a signature, 6 a public key. Nothing
/// if they begin with none.
std::optional<unsigned> packet_type(ByteView bytes) noexcept;

/// Are `packets` what a detached signature consists of, signatures and no more of them than `most`? Errors: none, too many, a
/// packet of another kind (a message that brings its own content along, or one that has to be decompressed), a length that
/// leads beyond the end. Verifying thousands would take hours.
Result<void> expect_signatures(ByteView packets, std::size_t most);

/// When a primary key among `packets` expires by any of its certifications (RFC 4880, sections 5.2.3.6 and 5.5.2): seconds since
/// the epoch. Nothing of it is verified: it serves to tell which of the times that gpgv names is a primary key's.
std::vector<std::int64_t> primary_key_expirations(ByteView packets);

/// Is this OpenPGP data, armored or not, by its first bytes?
bool is_openpgp(std::string_view text) noexcept;

/// Does the text start with the cleartext signature framework's header?
bool is_clear_signed(std::string_view text) noexcept;

/// The packets of the signature of a clear-signed text. Errors: more than one signed message in it, something before or behind
/// it that is not signed, a malformed armor.
Result<Bytes> signature_of_clear_signed(std::string_view text);

}  // namespace assay::attest
