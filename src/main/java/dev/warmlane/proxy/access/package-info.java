/**
 * Who a client is, what it may do and how much of it: API keys and tokens, rate limits, and tenants that share engines and
 * nothing else. Nothing here is asked while {@code warmlane.auth} names neither keys nor a provider.
 */
@NullMarked
package dev.warmlane.proxy.access;

import org.jspecify.annotations.NullMarked;
