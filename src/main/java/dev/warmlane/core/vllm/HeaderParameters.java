package dev.warmlane.core.vllm;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the parameters of a header such as {@code form-data; name="model"}, if they are spelled so that every reader takes them for the
 * same: readers differ about which of two counts, about names with an asterisk (RFC 8187) and about what quotes end. One object for
 * each header.
 */
public final class HeaderParameters {
    private static final String NAME_PUNCTUATION = "!#$%&'*+-.^_`|~";

    /** The one that clients spell this way, beside the plain one, where a file's name is not ASCII. */
    private static final String EXTENDED = "filename*";

    private final String header;
    private final Map<String, String> parameters = new HashMap<>();
    private int at;

    private HeaderParameters(String header, int start) {
        this.header = header;
        this.at = start;
    }

    /**
     * The parameters by their names in lower case.
     *
     * @param type what stands before them, in any case
     * @return null if something else does, or one of them may be read in different ways
     */
    public static @Nullable Map<String, String> of(String header, String type) {
        if (!header.regionMatches(true, 0, type, 0, type.length())) {
            return null;
        }
        HeaderParameters reader = new HeaderParameters(header, type.length());
        return reader.readAll() ? reader.parameters : null;
    }

    private boolean readAll() {
        skipSpaces();
        while (at < header.length()) {
            if (header.charAt(at++) != ';') {
                return false;
            }
            skipSpaces();
            if (at < header.length() && !readOne()) {
                return false;
            }
            skipSpaces();
        }
        return true;
    }

    private boolean readOne() {
        int start = at;
        while (at < header.length() && isOfName(header.charAt(at))) {
            at++;
        }
        String name = header.substring(start, at).toLowerCase(Locale.ROOT);
        if (name.isEmpty()
                || (name.indexOf('*') >= 0 && !name.equals(EXTENDED))
                || at == header.length()
                || header.charAt(at++) != '=') {
            return false;
        }
        String value = at < header.length() && header.charAt(at) == '"' ? quoted() : unquoted();
        return value != null && parameters.put(name, value) == null;
    }

    /** Of escapes only that of a quote is read as one everywhere. */
    private @Nullable String quoted() {
        StringBuilder text = new StringBuilder();
        for (at++; at < header.length(); at++) {
            char c = header.charAt(at);
            char next = at + 1 < header.length() ? header.charAt(at + 1) : 0;
            if (c == '"') {
                at++;
                return text.toString();
            }
            if (c == '\\' && next == '\\') {
                return null;
            }
            if (c == '\\' && next == '"') {
                at++;
                text.append(next);
            } else {
                text.append(c);
            }
        }
        return null;
    }

    private @Nullable String unquoted() {
        int start = at;
        while (at < header.length() && header.charAt(at) > ' ' && "\";\\".indexOf(header.charAt(at)) < 0) {
            at++;
        }
        return at == start ? null : header.substring(start, at);
    }

    private void skipSpaces() {
        while (at < header.length() && (header.charAt(at) == ' ' || header.charAt(at) == '\t')) {
            at++;
        }
    }

    private static boolean isOfName(char c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || NAME_PUNCTUATION.indexOf(c) >= 0;
    }
}
