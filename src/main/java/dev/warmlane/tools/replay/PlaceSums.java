package dev.warmlane.tools.replay;

import java.util.HashMap;
import java.util.Map;

/** Sums of something by the place of an endpoint in the fleet. */
final class PlaceSums {
    private final Map<Integer, Double> byPlace = new HashMap<>();

    void add(int place, double amount) {
        byPlace.merge(place, amount, Double::sum);
    }

    /**
     * The largest sum over the mean; 1 if all are zero.
     *
     * @param places how many there are, those without a sum included
     */
    double imbalance(int places) {
        double total = 0;
        double most = 0;
        for (double sum : byPlace.values()) {
            total += sum;
            most = Math.max(most, sum);
        }
        return total == 0 ? 1 : most * places / total;
    }
}
