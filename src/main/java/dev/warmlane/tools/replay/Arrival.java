package dev.warmlane.tools.replay;

import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.tools.replay.load.LoadRequest;

/**
 * A request that has arrived at a gateway.
 *
 * @param request what the load says of it
 * @param routing what the gateway's policy sees of it
 * @param gateway where it arrived
 * @param nanos when
 */
record Arrival(LoadRequest request, RoutingRequest routing, ReplayGateway gateway, long nanos) {}
