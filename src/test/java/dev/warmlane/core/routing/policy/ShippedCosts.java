package dev.warmlane.core.routing.policy;

/** The constants of {@code gateway/policies/expected-cost.yaml}. */
public final class ShippedCosts {
    /** 128 KiB a token at 100 Gbit/s. */
    private static final double TRANSFER_SECONDS_PER_TOKEN = 131_072 * 8 / 100e9;

    public static final CostParameters PARAMETERS =
            new CostParameters(2, 0.15, 0.3, 1.5, 5, 0.25, 37_500, 256, 4, TRANSFER_SECONDS_PER_TOKEN, false, false);

    private ShippedCosts() {}
}
