package dev.warmlane.settings;

import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How delivered cache hits are learned.
 *
 * @param request whether to ask for the usage chunk of streams whose clients did not, and take it out again
 */
public record UsageSettings(@DefaultValue("false") boolean request) {}
