package dev.warmlane.engines.client;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.resolver.AbstractAddressResolver;
import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.dns.DnsAddressResolverGroup;
import io.netty.resolver.dns.DnsErrorCauseException;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import reactor.netty.resources.LoopResources;
import reactor.netty.transport.NameResolverProvider;

/**
 * Looks up the host names of endpoints. While DNS does not answer, or only with an error of its own, its last answer stays in force
 * for up to a day: its outage says nothing of the engines. A name that it does not know, or that has no address, fails. Safe for
 * concurrent use.
 */
public final class EngineNames extends AddressResolverGroup<InetSocketAddress> {
    private static final int MOST_NAMES = 10_000;
    private static final Duration KEPT = Duration.ofDays(1);

    private final RefusedNames refused = new RefusedNames();
    private final AddressResolverGroup<InetSocketAddress> dns;
    private final long patienceNanos;
    private final Cache<String, Answer> answers =
            Caffeine.newBuilder().maximumSize(MOST_NAMES).expireAfterWrite(KEPT).build();

    /**
     * @param dns how it is asked
     * @param servers which are asked
     * @param loops the threads that are asked on
     * @param patience how long an answer may take where there is an earlier one
     */
    EngineNames(
            NameResolverProvider.NameResolverSpec dns,
            UnaryOperator<DnsNameResolverBuilder> servers,
            LoopResources loops,
            Duration patience) {
        this.dns = dns.dnsAddressResolverGroupProvider(resolver ->
                        new DnsAddressResolverGroup(servers.apply(resolver).dnsQueryLifecycleObserverFactory(refused)))
                .build()
                .newNameResolverGroup(loops, LoopResources.DEFAULT_NATIVE);
        this.patienceNanos = patience.toNanos();
    }

    /**
     * By the DNS of this host.
     *
     * @param timeout of one query
     * @param longest that an answer counts, whatever it says itself, in whole seconds
     * @param loops the threads that are asked on
     */
    public static EngineNames create(Duration timeout, Duration longest, LoopResources loops) {
        return new EngineNames(
                NameResolverProvider.builder()
                        .queryTimeout(timeout)
                        .cacheMaxTimeToLive(Duration.ofSeconds(Math.max(1, longest.toSeconds()))),
                UnaryOperator.identity(),
                loops,
                timeout);
    }

    @Override
    protected AddressResolver<InetSocketAddress> newResolver(EventExecutor executor) {
        return new Resolver(executor, dns.getResolver(executor));
    }

    @Override
    public void close() {
        super.close();
        dns.close();
    }

    /** What DNS said last of a name. */
    private static final class Answer {
        private final List<InetAddress> addresses;

        /** Whether DNS has been asked since, and has not answered: nobody waits for it again. */
        private volatile boolean overdue;

        Answer(List<InetSocketAddress> resolved) {
            this.addresses =
                    resolved.stream().map(InetSocketAddress::getAddress).toList();
        }

        List<InetSocketAddress> at(int port) {
            return addresses.stream()
                    .map(address -> new InetSocketAddress(address, port))
                    .toList();
        }
    }

    /** Of one event loop. */
    private final class Resolver extends AbstractAddressResolver<InetSocketAddress> {
        private final AddressResolver<InetSocketAddress> asked;

        Resolver(EventExecutor executor, AddressResolver<InetSocketAddress> asked) {
            super(executor, InetSocketAddress.class);
            this.asked = asked;
        }

        @Override
        protected boolean doIsResolved(InetSocketAddress address) {
            return !address.isUnresolved();
        }

        @Override
        protected void doResolve(InetSocketAddress name, Promise<InetSocketAddress> promise) {
            resolveAll(name).addListener((Future<List<InetSocketAddress>> all) -> {
                if (all.isSuccess()) {
                    promise.trySuccess(all.getNow().get(0));
                } else {
                    promise.tryFailure(all.cause());
                }
            });
        }

        @Override
        protected void doResolveAll(InetSocketAddress name, Promise<List<InetSocketAddress>> promise) {
            String host = name.getHostString();
            Future<List<InetSocketAddress>> lookup = asked.resolveAll(name);
            Answer earlier = answers.getIfPresent(host);
            if (earlier == null || lookup.isDone()) {
                lookup.addListener(done -> take(name, lookup, promise));
            } else if (earlier.overdue) {
                promise.setSuccess(earlier.at(name.getPort()));
                lookup.addListener(done -> take(name, lookup, null));
            } else {
                Future<?> patience = executor()
                        .schedule(
                                () -> {
                                    earlier.overdue = true;
                                    promise.trySuccess(earlier.at(name.getPort()));
                                },
                                patienceNanos,
                                TimeUnit.NANOSECONDS);
                lookup.addListener(done -> {
                    patience.cancel(false);
                    take(name, lookup, promise);
                });
            }
        }

        /** @param waiting null: nobody waits */
        private void take(
                InetSocketAddress name,
                Future<List<InetSocketAddress>> lookup,
                @Nullable Promise<List<InetSocketAddress>> waiting) {
            String host = name.getHostString();
            List<InetSocketAddress> found = lookup.isSuccess() ? lookup.getNow() : null;
            if (found != null) {
                answers.put(host, new Answer(found));
            } else if (isAnswer(host, lookup.cause())) {
                answers.invalidate(host);
            } else {
                Answer last = answers.getIfPresent(host);
                if (last != null) {
                    last.overdue = true;
                    found = last.at(name.getPort());
                }
            }
            if (waiting != null && found != null) {
                waiting.trySuccess(found);
            } else if (waiting != null) {
                waiting.tryFailure(lookup.cause());
            }
        }
    }

    /** Whether DNS has said that there is no such name, or no address of it. */
    private boolean isAnswer(String host, Throwable failure) {
        Throwable cause = failure.getCause();
        return cause == null
                ? !refused.has(host)
                : cause instanceof DnsErrorCauseException error && DnsResponseCode.NXDOMAIN.equals(error.getCode());
    }
}
