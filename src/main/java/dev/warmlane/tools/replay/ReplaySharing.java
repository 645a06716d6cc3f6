package dev.warmlane.tools.replay;

import dev.warmlane.core.sharing.Replication;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Carries what the gateways of a replay tell each other: gathered for as long as the gateway gathers by default, and applied by all
 * others a delay later, in order. Nothing is lost.
 */
final class ReplaySharing {
    private static final long GATHER_NANOS = Duration.ofMillis(20).toNanos();
    private static final long HEARTBEAT_NANOS = Duration.ofMillis(500).toNanos();

    private final VirtualTime time;
    private final long delayNanos;
    private final List<Replication> members = new ArrayList<>();
    private long bytes;

    ReplaySharing(VirtualTime time, Duration delay) {
        this.time = time;
        this.delayNanos = delay.toNanos();
    }

    void join(Replication member) {
        members.add(member);
        member.onFact(new Runnable() {
            private boolean gathering;

            @Override
            public void run() {
                if (!gathering) {
                    gathering = true;
                    time.at(time.now() + GATHER_NANOS, () -> {
                        gathering = false;
                        tell(member);
                    });
                }
            }
        });
        heartbeat(member);
    }

    /** What all members have told so far; what goes to several counts once. */
    long bytes() {
        return bytes;
    }

    private void heartbeat(Replication member) {
        time.at(time.now() + HEARTBEAT_NANOS, () -> {
            tell(member);
            heartbeat(member);
        });
    }

    private void tell(Replication member) {
        String origin = Integer.toString(members.indexOf(member));
        for (byte[] message : member.gather()) {
            bytes += message.length;
            time.at(time.now() + delayNanos, () -> apply(member, origin, message));
        }
    }

    private void apply(Replication sender, String origin, byte[] message) {
        for (Replication member : members) {
            if (member != sender && !member.receive(origin, message)) {
                throw new IllegalStateException("a message of gateway %s was not understood".formatted(origin));
            }
        }
    }
}
