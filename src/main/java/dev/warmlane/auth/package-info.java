/**
 * Who may come in, and how much they may take. A client shows an API key, of which only the hash is known here, or a token of
 * an identity provider; either makes it an {@link dev.warmlane.auth.Identity}. Token buckets hold each identity to its
 * requests and tokens a minute. Off unless a file of keys or a provider is set.
 */
@NullMarked
package dev.warmlane.auth;

import org.jspecify.annotations.NullMarked;
