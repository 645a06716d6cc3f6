/**
 * The {@code validate} command: proves a running gateway, or shows that it falls short. {@link
 * dev.warmlane.tools.validation.Validation} first checks the setup for what would make a result meaningless, then holds
 * conversations through the public port and reads the engines' own token counters before and after through the management
 * port. What an engine claims in a response is the measure only where others ask the same engines, because their counters
 * then count that too. Runs in a process of its own and shares nothing with the gateway but its public interfaces.
 */
@NullMarked
package dev.warmlane.tools.validation;

import org.jspecify.annotations.NullMarked;
