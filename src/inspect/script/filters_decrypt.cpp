// `openssl enc -d` and `openssl base64 -d`, with a key or a word that stands in the script (openssl-enc(1)).
#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>

#include "base/text.hpp"
#include "inspect/script/filter_plans.hpp"

namespace assay::inspect::filters {

namespace {

constexpr int k_most_iterations = 200'000;
constexpr int k_usual_iterations = 10'000;
constexpr std::string_view k_salt_mark = "Salted__";
constexpr std::size_t k_salt = 8;

/// What the command line says.
struct Encryption {
  std::string cipher;
  std::string word;  ///< -k, -pass pass:
  std::string digest = "sha256";
  Bytes key, iv, salt;
  bool base64 = false;
  bool salted = true;
  bool stretched = false;  ///< -pbkdf2
  int iterations = k_usual_iterations;
};

bool is_cipher(const std::string& word) {
  const std::unique_ptr<EVP_CIPHER, decltype(&EVP_CIPHER_free)> cipher{EVP_CIPHER_fetch(nullptr, word.c_str(), nullptr),
                                                                       &EVP_CIPHER_free};
  return cipher != nullptr;
}

Bytes hex_bytes(std::string_view digits) {
  return from_hex(digits).value_or(Bytes{});
}

Encryption read_arguments(const Arguments& arguments) {
  Encryption result;
  const auto value_of = [&](std::size_t& i) { return i + 1 < arguments.size() ? arguments[++i] : std::string{}; };
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const auto& word = arguments[i];
    if (word == "-k") result.word = value_of(i);
    else if (word == "-pass" || word == "-passin") result.word = value_of(i);
    else if (word == "-md") result.digest = value_of(i);
    else if (word == "-K") result.key = hex_bytes(value_of(i));
    else if (word == "-iv") result.iv = hex_bytes(value_of(i));
    else if (word == "-S") result.salt = hex_bytes(value_of(i));
    else if (word == "-iter") {
      const auto count = value_of(i);
      std::from_chars(count.data(), count.data() + count.size(), result.iterations);
      result.stretched = true;
    } else if (word == "-pbkdf2") result.stretched = true;
    else if (word == "-nosalt") result.salted = false;
    else if (word == "-base64" || word == "-a" || word == "-A" || word == "base64") result.base64 = true;
    else if (word == "-in" || word == "-out") ++i;
    else if (word == "enc" || word == "-d" || word == "-e") continue;
    else if (result.cipher.empty()) result.cipher = word.starts_with('-') ? word.substr(1) : word;
  }
  if (result.word.starts_with("pass:")) result.word.erase(0, 5);
  return result;
}

/// EVP_BytesToKey or PBKDF2, as enc does: the key and the initialisation vector in one piece.
bool derive(const Encryption& how, const EVP_CIPHER* cipher, ByteView salt, Bytes& key, Bytes& iv) {
  const auto key_size = static_cast<std::size_t>(EVP_CIPHER_get_key_length(cipher));
  const auto iv_size = static_cast<std::size_t>(EVP_CIPHER_get_iv_length(cipher));
  if (!how.key.empty()) {
    key = how.key;
    iv = how.iv;
    key.resize(key_size);
    iv.resize(iv_size);
    return true;
  }
  const auto* digest = EVP_get_digestbyname(how.digest.c_str());
  if (how.word.empty() || digest == nullptr || how.iterations < 1 || how.iterations > k_most_iterations) return false;
  key.resize(key_size);
  iv.resize(iv_size);
  if (how.stretched) {
    Bytes both(key_size + iv_size);
    if (PKCS5_PBKDF2_HMAC(how.word.data(), static_cast<int>(how.word.size()), salt.data(),
                          static_cast<int>(salt.size()), how.iterations, digest, static_cast<int>(both.size()),
                          both.data()) != 1)
      return false;
    std::copy_n(both.begin(), key_size, key.begin());
    std::copy_n(both.begin() + static_cast<std::ptrdiff_t>(key_size), iv_size, iv.begin());
    return true;
  }
  std::array<std::uint8_t, EVP_MAX_KEY_LENGTH> made_key{};
  std::array<std::uint8_t, EVP_MAX_IV_LENGTH> made_iv{};
  if (EVP_BytesToKey(cipher, digest, salt.empty() ? nullptr : salt.data(), as_bytes(how.word).data(),
                     static_cast<int>(how.word.size()), 1, made_key.data(), made_iv.data()) <= 0)
    return false;
  std::copy_n(made_key.begin(), key_size, key.begin());
  std::copy_n(made_iv.begin(), iv_size, iv.begin());
  return true;
}

std::optional<std::string> decrypted(const Encryption& how, std::string_view input) {
  std::string held{input};
  if (how.base64) held = decode_base64(input);
  if (how.cipher.empty()) return held;
  const std::unique_ptr<EVP_CIPHER, decltype(&EVP_CIPHER_free)> cipher{
      EVP_CIPHER_fetch(nullptr, how.cipher.c_str(), nullptr), &EVP_CIPHER_free};
  if (!cipher) return std::nullopt;
  Bytes salt = how.salt;
  std::string_view data = held;
  if (how.salted && how.key.empty() && salt.empty() && data.starts_with(k_salt_mark) &&
      data.size() >= k_salt_mark.size() + k_salt) {
    const auto bytes = as_bytes(data.substr(k_salt_mark.size(), k_salt));
    salt.assign(bytes.begin(), bytes.end());
    data.remove_prefix(k_salt_mark.size() + k_salt);
  }
  Bytes key, iv;
  if (!derive(how, cipher.get(), salt, key, iv)) return std::nullopt;
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context{EVP_CIPHER_CTX_new(),
                                                                                &EVP_CIPHER_CTX_free};
  if (!context ||
      EVP_DecryptInit_ex2(context.get(), cipher.get(), key.data(), iv.empty() ? nullptr : iv.data(), nullptr) != 1)
    return std::nullopt;
  std::string out(data.size() + EVP_MAX_BLOCK_LENGTH, '\0');
  auto* to = reinterpret_cast<std::uint8_t*>(out.data());
  int size = 0, last = 0;
  if (EVP_DecryptUpdate(context.get(), to, &size, as_bytes(data).data(), static_cast<int>(data.size())) != 1)
    return std::nullopt;
  // A wrong key shows in the padding.
  if (EVP_DecryptFinal_ex(context.get(), to + size, &last) != 1) return std::nullopt;
  out.resize(static_cast<std::size_t>(size + last));
  return out;
}

}  // namespace

Plan plan_openssl(const Arguments& arguments) {
  const bool decodes = std::find(arguments.begin(), arguments.end(), "-d") != arguments.end();
  if (!decodes || arguments.size() < 2) return std::nullopt;
  FilterPlan plan{FilterKind::decode, "decrypts it with " + shown(arguments), false, {}, {}, {}, {}};
  plan.harvest.add(HarvestedDecoder{Decoder::openssl, joined(arguments, 1), {}});
  for (std::size_t i = 1; i + 1 < arguments.size(); ++i) {
    if (arguments[i] == "-in") plan.files.push_back(i + 1);
    if (arguments[i] == "-out") plan.output_file = arguments[i + 1];
  }
  auto how = read_arguments(arguments);
  if (how.cipher.empty() && how.base64) plan.what = "decodes it as base64";
  if (!how.cipher.empty() && !is_cipher(how.cipher)) return plan;
  plan.run = [how = std::move(how)](std::string_view input, const FilterContext&) -> std::optional<FilterOutput> {
    if (input.size() > INT32_MAX / 2) return std::nullopt;
    auto bytes = decrypted(how, input);
    if (!bytes) return std::nullopt;
    return whole(std::move(*bytes), input);
  };
  return plan;
}

}  // namespace assay::inspect::filters
