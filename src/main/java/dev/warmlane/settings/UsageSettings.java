package dev.warmlane.settings;

import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How the gateway learns what was really cached.
 *
 * @param request Whether to request a usage report for streams whose clients did not ask for one. The report is removed from
 *     what the client gets.
 */
public record UsageSettings(@DefaultValue("false") boolean request) {}
