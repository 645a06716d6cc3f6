package dev.warmlane.engines.client;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.netty.channel.ChannelFuture;
import io.netty.handler.codec.dns.DnsQuestion;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.resolver.dns.DnsQueryLifecycleObserver;
import io.netty.resolver.dns.DnsQueryLifecycleObserverFactory;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Locale;

/**
 * The names of which DNS would not say anything when it was asked last, as with REFUSED: Netty fails such a lookup as it does one of
 * a name that has no address. Safe for concurrent use.
 */
final class RefusedNames implements DnsQueryLifecycleObserverFactory {
    private static final int MOST_QUESTIONS = 20_000;

    private final Cache<String, Boolean> refused =
            Caffeine.newBuilder().maximumSize(MOST_QUESTIONS).build();

    /** Whether it is one of them, with any of the domains that are searched for it. Walks all of them. */
    boolean has(String host) {
        String start = host.toLowerCase(Locale.ROOT) + (host.endsWith(".") ? "" : ".");
        return refused.asMap().keySet().stream().anyMatch(question -> question.startsWith(start));
    }

    @Override
    public DnsQueryLifecycleObserver newDnsQueryLifecycleObserver(DnsQuestion question) {
        String name = question.name().toLowerCase(Locale.ROOT);
        return new Query(
                (name.endsWith(".") ? name : name + ".") + " " + question.type().name());
    }

    /** One question, and those that it leads to: its answer counts for the name that was asked for first. On one event loop. */
    private final class Query implements DnsQueryLifecycleObserver {
        private final String question;
        /** Whether the last of the servers that were asked would not say anything. */
        private boolean unsaid;

        Query(String question) {
            this.question = question;
        }

        @Override
        public DnsQueryLifecycleObserver queryNoAnswer(DnsResponseCode code) {
            unsaid = true;
            refused.put(question, true);
            return this;
        }

        @Override
        public void querySucceed() {
            refused.invalidate(question);
        }

        /** With an answer that has no address, or because no server is left to ask. */
        @Override
        public void queryFailed(Throwable cause) {
            if (!unsaid) {
                refused.invalidate(question);
            }
        }

        @Override
        public DnsQueryLifecycleObserver queryRedirected(List<InetSocketAddress> nameServers) {
            return this;
        }

        @Override
        public DnsQueryLifecycleObserver queryCNAMEd(DnsQuestion alias) {
            return this;
        }

        @Override
        public void queryWritten(InetSocketAddress server, ChannelFuture future) {
            unsaid = false;
        }

        @Override
        public void queryCancelled(int queriesRemaining) {}
    }
}
