// libgit2 reads the certificates of all the world's authorities when it is set up, for connections that assay never makes: a third
// of what setting it up costs. Where it does so with mbedTLS, as Debian's does, it finds these functions in their place, because
// the program's own come first in the order in which symbols are looked for. Whatever asked it to connect would trust nobody.
extern "C" {
int mbedtls_x509_crt_parse_file(void* chain, const char* path);
int mbedtls_x509_crt_parse_path(void* chain, const char* path);

int mbedtls_x509_crt_parse_file(void* /*chain*/, const char* /*path*/) {
  return 0;
}
int mbedtls_x509_crt_parse_path(void* /*chain*/, const char* /*path*/) {
  return 0;
}
}
