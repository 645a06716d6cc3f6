package dev.warmlane.core.endpoint;

import com.dynatrace.hash4j.hashing.Hashing;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The identity of one vLLM server: the UID of its pod, or the URL of a static one. Addresses are reused by Kubernetes and
 * UIDs are not, so a new pod on an old address never inherits what is known of the old one. Where a server has several
 * data-parallel ranks, each is an endpoint of its own, whose identity is that of the server followed by {@code #} and the
 * number of the rank: neither UIDs nor URLs of endpoints contain that.
 */
public final class EndpointId {
    private static final Pattern OF_RANK = Pattern.compile("(.+)#([0-9]{1,4})");

    private final String value;
    private final long hash;
    /** Of the server, where this is of a rank. */
    private final @Nullable EndpointId server;

    private final int rank;

    /** @throws IllegalArgumentException if it is blank */
    public EndpointId(String value) {
        if (value.isBlank()) {
            throw new IllegalArgumentException("endpoint id: blank (expected: a pod UID or a URL)");
        }
        this.value = value;
        this.hash = Hashing.xxh3_64().hashCharsToLong(value);
        // Most are of servers, made anew each second: not even a matcher for them.
        Matcher ofRank = value.indexOf('#') < 0 ? null : OF_RANK.matcher(value);
        if (ofRank != null && ofRank.matches()) {
            this.server = new EndpointId(ofRank.group(1));
            this.rank = Integer.parseInt(ofRank.group(2));
        } else {
            this.server = null;
            this.rank = 0;
        }
    }

    /** The identity of a rank of this server. */
    public EndpointId rank(int number) {
        return new EndpointId(value + "#" + number);
    }

    /** Whether this is one of several ranks of a server. */
    public boolean isRank() {
        return server != null;
    }

    /** The number of this rank, at least 0; 0 for a server as a whole. */
    public int rank() {
        return rank;
    }

    /** The identity of the server: this one unless it is a rank's. */
    public EndpointId server() {
        return server == null ? this : server;
    }

    /** The UID of a pod or a URL, of a rank with its number after a hash sign. */
    public String value() {
        return value;
    }

    /** A 64-bit hash of the value, the same in every process, for rendezvous hashing. */
    public long hash() {
        return hash;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof EndpointId that && hash == that.hash && Objects.equals(value, that.value);
    }

    @Override
    public int hashCode() {
        return (int) hash;
    }

    @Override
    public String toString() {
        return value;
    }
}
