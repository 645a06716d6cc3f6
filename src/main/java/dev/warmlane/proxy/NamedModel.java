package dev.warmlane.proxy;

import dev.warmlane.engines.models.ModelNames.Mirror;
import dev.warmlane.engines.models.ModelNames.Resolved;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the name that a client used for a model stands for in one request. Immutable.
 *
 * @param name as the client wrote it
 * @param targets what it stands for, in the order to try
 * @param at the one that serves the request
 * @param mirror where the request may go as well; null: nowhere
 * @param startedNanos when the request's body was read, whatever was tried since
 */
record NamedModel(
        String name,
        List<Resolved> targets,
        int at,
        @Nullable Mirror mirror,
        long startedNanos) {

    Resolved target() {
        return targets.get(at);
    }

    /** Whether there is another to try. */
    boolean hasNext() {
        return at + 1 < targets.size();
    }

    /** The same, to be served by another. */
    NamedModel at(int other) {
        return new NamedModel(name, targets, other, mirror, startedNanos);
    }
}
