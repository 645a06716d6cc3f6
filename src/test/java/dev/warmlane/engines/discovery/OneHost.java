package dev.warmlane.engines.discovery;

import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.InetNameResolver;
import io.netty.resolver.InetSocketAddressResolver;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;

/** A DNS in which every name has the same addresses. */
public final class OneHost extends AddressResolverGroup<InetSocketAddress> {
    private final List<InetAddress> addresses;

    public OneHost(String... literals) {
        addresses = Arrays.stream(literals)
                .map(literal -> new InetSocketAddress(literal, 0).getAddress())
                .toList();
    }

    @Override
    protected AddressResolver<InetSocketAddress> newResolver(EventExecutor executor) {
        return new InetSocketAddressResolver(executor, new InetNameResolver(executor) {
            @Override
            protected void doResolve(String name, Promise<InetAddress> promise) {
                promise.setSuccess(addresses.get(0));
            }

            @Override
            protected void doResolveAll(String name, Promise<List<InetAddress>> promise) {
                promise.setSuccess(addresses);
            }
        });
    }
}
