/**
 * A request's way through the gateway. {@link dev.warmlane.proxy.VllmRoutingFilter} takes routes of scheme {@code vllm}
 * where Spring Cloud Gateway's load balancer filter takes {@code lb}: the body is read once, the pool's router chooses an
 * endpoint, and the response is passed on as it comes. Until the first byte has gone to the client, another endpoint can
 * take over.
 */
@NullMarked
package dev.warmlane.proxy;

import org.jspecify.annotations.NullMarked;
