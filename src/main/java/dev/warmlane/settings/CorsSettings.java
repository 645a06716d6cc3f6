package dev.warmlane.settings;

import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Which web pages may send requests from browsers (CORS).
 *
 * @param allowedOrigins Origins of web pages that may send requests, such as https://chat.example.com, or * for all. Empty: the
 *     gateway says nothing of CORS, and what engines say of it passes.
 * @param allowedMethods Methods that these pages may use.
 * @param allowedHeaders Request headers that these pages may send, or * for all.
 * @param maxAge How long browsers may remember the response to a preflight.
 */
public record CorsSettings(
        @DefaultValue List<String> allowedOrigins,
        @DefaultValue({"GET", "HEAD", "POST"}) List<String> allowedMethods,
        @DefaultValue("*") List<String> allowedHeaders,
        @DefaultValue("10m") Duration maxAge) {
    /** Stands for all. */
    public static final String ANY = "*";

    /** As browsers spell it: no path, no upper case. */
    private static final Pattern ORIGIN = Pattern.compile("[a-z][a-z0-9+.-]*://[a-z0-9.\\[\\]:_-]+");

    private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]+");

    public CorsSettings {
        allowedOrigins = List.copyOf(allowedOrigins);
        allowedMethods = List.copyOf(allowedMethods);
        allowedHeaders = List.copyOf(allowedHeaders);
        check(
                "allowed-origins",
                allowedOrigins,
                Pattern.compile("\\*|" + ORIGIN),
                "* or origins as browsers send them, such as https://chat.example.com");
        check("allowed-methods", allowedMethods, TOKEN, "methods, such as GET");
        check("allowed-headers", allowedHeaders, TOKEN, "* or names of headers");
        Check.notNegative("warmlane.cors.max-age", maxAge);
    }

    private static void check(String name, List<String> values, Pattern shape, String expected) {
        for (String value : values) {
            if (!shape.matcher(value).matches()) {
                throw new InvalidSettingException("warmlane.cors." + name, value, expected);
            }
        }
    }
}
