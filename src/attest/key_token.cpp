// The engine interface is deprecated in OpenSSL 3, and in Debian 12 the only way to a token: there is no provider yet.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "attest/key_token.hpp"

#include <openssl/engine.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <openssl/ui.h>

#include "base/text.hpp"

namespace assay::attest {

namespace {

using Key = std::shared_ptr<evp_pkey_st>;

struct EngineRelease {
  void operator()(ENGINE* engine) const noexcept {
    ENGINE_finish(engine);
    ENGINE_free(engine);
  }
};
using EnginePtr = std::unique_ptr<ENGINE, EngineRelease>;

/// Answers the question for a PIN with the one given, and asks nobody.
int give_pin(UI* ui, UI_STRING* string) {
  const auto* pin = static_cast<const std::string*>(UI_get0_user_data(ui));
  const auto type = UI_get_string_type(string);
  if (type != UIT_PROMPT && type != UIT_VERIFY) return 1;
  return pin != nullptr && !pin->empty() && UI_set_result(ui, string, pin->c_str()) == 0 ? 1 : 0;
}

class PinDialogue {
 public:
  PinDialogue() : m_method(UI_create_method("assay")) { UI_method_set_reader(m_method, give_pin); }
  PinDialogue(const PinDialogue&) = delete;
  PinDialogue& operator=(const PinDialogue&) = delete;
  ~PinDialogue() { UI_destroy_method(m_method); }
  UI_METHOD* method() const noexcept { return m_method; }

 private:
  UI_METHOD* m_method;
};

Key key_of_provider(const std::string& uri, const std::string& pin, const PinDialogue& dialogue) {
  auto* store = OSSL_STORE_open(uri.c_str(), dialogue.method(), const_cast<std::string*>(&pin), nullptr, nullptr);
  Key key;
  while (store != nullptr && !key && OSSL_STORE_eof(store) == 0) {
    auto* info = OSSL_STORE_load(store);
    if (info == nullptr) break;
    if (OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
      key = Key{OSSL_STORE_INFO_get1_PKEY(info), EVP_PKEY_free};
    OSSL_STORE_INFO_free(info);
  }
  if (store != nullptr) OSSL_STORE_close(store);
  return key;
}

EnginePtr open_engine() {
  ENGINE_load_dynamic();
  auto* engine = ENGINE_by_id("pkcs11");
  if (engine == nullptr) return {};
  if (ENGINE_init(engine) == 1) return EnginePtr{engine};
  ENGINE_free(engine);
  return {};
}

Error no_key(const std::string& uri) {
  return {ErrorCode::not_found, "the token gives no such private key", escape_for_display(without_pin(uri)),
          "check token, object and PIN with: pkcs11-tool --list-objects --login"};
}

}  // namespace

bool is_token_uri(std::string_view text) noexcept {
  return text.starts_with("pkcs11:");
}

std::string without_pin(std::string_view uri) {
  std::string shown;
  bool first = true;
  for (auto rest = uri; !rest.empty() || first; first = false) {
    const auto end = rest.find_first_of(";?&");
    const auto attribute = rest.substr(0, end);
    const bool secret = attribute.starts_with("pin-") || attribute.starts_with("pkcs11:pin-");
    shown += secret ? (first ? "pkcs11:pin-…" : "pin-…") : attribute;
    if (end == std::string_view::npos) break;
    shown += rest[end];
    rest.remove_prefix(end + 1);
  }
  return shown;
}

Result<Key> open_token_key(const std::string& uri, const std::string& pin) {
  const PinDialogue dialogue;
  if (OSSL_PROVIDER_try_load(nullptr, "pkcs11", 1) != nullptr) {
    auto key = key_of_provider(uri, pin, dialogue);
    ERR_clear_error();
    if (!key) return no_key(uri);
    return key;
  }
  std::shared_ptr<ENGINE> engine{open_engine()};
  ERR_clear_error();
  if (!engine)
    return Error{ErrorCode::unsupported,
                 "OpenSSL has neither a pkcs11 provider nor a pkcs11 engine that starts",
                 {},
                 "install pkcs11-provider or libengine-pkcs11-openssl, and name the module in PKCS11_MODULE_PATH"};
  ENGINE_ctrl_cmd_string(engine.get(), "QUIET", nullptr, 0);  // it would print the whole URI, PIN and all
  if (!pin.empty()) ENGINE_ctrl_cmd_string(engine.get(), "PIN", pin.c_str(), 0);
  auto* loaded = ENGINE_load_private_key(engine.get(), uri.c_str(), dialogue.method(), const_cast<std::string*>(&pin));
  ERR_clear_error();
  if (loaded == nullptr) return no_key(uri);
  // The key works only as long as its engine does.
  return Key{loaded, [engine](evp_pkey_st* key) { EVP_PKEY_free(key); }};
}

}  // namespace assay::attest
