/**
 * What more cache would bring: how long prompts wait until they come again, and where hits are lost on the way from a cache
 * that forgets nothing to what engines deliver. Fed by the requests that pass anyway, from a sample of their blocks.
 */
@NullMarked
package dev.warmlane.core.prefix.reuse;

import org.jspecify.annotations.NullMarked;
