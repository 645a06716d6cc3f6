package dev.warmlane.proxy.outcome;
