package dev.warmlane.proxy.http;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Carries a query that {@link URI} refuses, such as <code>{</code> or a lone percent sign, to the engine as the client spelled it.
 * On the way through Spring it is escaped, and the fragment, which no client may send, remembers its spelling. An ordinary query
 * stays as it is and costs no more than a look.
 */
public final class RawQuery {
    /** What a query may have besides letters, digits and escapes. */
    private static final String PUNCTUATION = "-._~!$&'()*+,;=:@/?[]";

    private RawQuery() {}

    /**
     * The target with a query that is a URI's.
     *
     * @return the target itself where it is one already; null where nothing can be made of it: it has a fragment, or something beyond
     *     visible ASCII
     */
    static @Nullable String inUri(String target) {
        int question = target.indexOf('?');
        if (question < 0) {
            return target;
        }
        String query = target.substring(question + 1);
        String escaped = escaped(query);
        if (escaped == null || escaped.equals(query)) {
            return escaped == null ? null : target;
        }
        return target.substring(0, question + 1) + escaped + "#" + URLEncoder.encode(query, US_ASCII);
    }

    /** The query of a request as the client spelled it, unless a filter has changed it since; null if there is none. */
    public static @Nullable String of(URI asked) {
        String query = asked.getRawQuery();
        String fragment = asked.getRawFragment();
        if (fragment == null) {
            return query;
        }
        String spelled = URLDecoder.decode(fragment, US_ASCII);
        return Objects.equals(query, escaped(spelled)) ? spelled : query;
    }

    /** What URI takes for the query; null where it has what no query has. */
    private static @Nullable String escaped(String query) {
        int odd = 0;
        while (odd < query.length() && isLegal(query, odd)) {
            odd++;
        }
        if (odd == query.length()) {
            return query;
        }
        StringBuilder escaped = new StringBuilder(query.length() + 16);
        for (int i = 0; i < query.length(); i++) {
            char c = query.charAt(i);
            if (c <= ' ' || c >= 0x7f || c == '#') {
                return null;
            }
            if (isLegal(query, i)) {
                escaped.append(c);
            } else {
                escaped.append('%').append(hex(c >> 4)).append(hex(c));
            }
        }
        return escaped.toString();
    }

    private static boolean isLegal(String query, int at) {
        char c = query.charAt(at);
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || PUNCTUATION.indexOf(c) >= 0
                || (c == '%' && isHex(query, at + 1) && isHex(query, at + 2));
    }

    private static boolean isHex(String query, int at) {
        return at < query.length() && Character.digit(query.charAt(at), 16) >= 0;
    }

    private static char hex(int value) {
        return Character.toUpperCase(Character.forDigit(value & 15, 16));
    }
}
