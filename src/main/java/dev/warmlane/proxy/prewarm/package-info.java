/**
 * Filling empty caches before their first request: {@link dev.warmlane.proxy.prewarm.SharedPromptReader} keeps what sessions share,
 * {@link dev.warmlane.proxy.prewarm.CacheWarmer} sends it to endpoints that have nothing.
 */
@NullMarked
package dev.warmlane.proxy.prewarm;

import org.jspecify.annotations.NullMarked;
