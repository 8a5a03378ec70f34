#ifndef COPENSSL_H
#define COPENSSL_H

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

// What OpenSSL has as macros, which Swift does not see. Only what 3.0 to 3.5 have in common.

static inline int copenssl_set_versions(SSL_CTX *context, int least, int most) {
    return SSL_CTX_set_min_proto_version(context, least) && SSL_CTX_set_max_proto_version(context, most);
}

// Neither resumption nor renegotiation; and without SSL_MODE_RELEASE_BUFFERS a quiet connection would hold two more
// buffers of 17 KiB.
static inline void copenssl_configure(SSL_CTX *context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
}

static inline long copenssl_set_server_name(SSL *session, const char *name) {
    return SSL_set_tlsext_host_name(session, name);
}

static inline void copenssl_set_latest_version(SSL *session, int version) {
    SSL_set_max_proto_version(session, version);
}

static inline void copenssl_accept_tickets(SSL *session) { SSL_clear_options(session, SSL_OP_NO_TICKET); }

static inline void copenssl_allow_renegotiation(SSL *session) {
    SSL_clear_options(session, SSL_OP_NO_RENEGOTIATION);
}

static inline void copenssl_set_retry_read(BIO *bio) { BIO_set_retry_read(bio); }

static inline void copenssl_clear_retry(BIO *bio) { BIO_clear_retry_flags(bio); }

static inline EVP_PKEY *copenssl_make_key(void) { return EVP_EC_gen("P-256"); }

static inline int copenssl_print_name(BIO *bio, const X509_NAME *name) {
    return X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253);
}

static inline long copenssl_memory(BIO *bio, char **start) { return BIO_get_mem_data(bio, start); }

static inline int copenssl_library_of(unsigned long error) { return ERR_GET_LIB(error); }

static inline int copenssl_reason_of(unsigned long error) { return ERR_GET_REASON(error); }

#endif
