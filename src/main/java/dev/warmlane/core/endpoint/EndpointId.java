package dev.warmlane.core.endpoint;

import com.dynatrace.hash4j.hashing.Hashing;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The identity of one vLLM server: the UID of its pod, or the URL of a static one. Addresses are reused by Kubernetes and
 * UIDs are not, so a new pod on an old address never inherits what is known of the old one.
 */
public final class EndpointId {
    private final String value;
    private final long hash;

    public EndpointId(String value) {
        if (value.isBlank()) {
            throw new IllegalArgumentException("endpoint id: blank (expected: a pod UID or a URL)");
        }
        this.value = value;
        this.hash = Hashing.xxh3_64().hashCharsToLong(value);
    }

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
