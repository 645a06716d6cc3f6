/**
 * The policies that come with the gateway, and the table of all there are. They know of routing what a policy from another jar
 * may know: its public types.
 */
@NullMarked
package dev.warmlane.core.routing.policy;

import org.jspecify.annotations.NullMarked;
