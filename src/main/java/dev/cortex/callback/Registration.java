package dev.cortex.callback;

import dev.cortex.base.Pure;
import dev.cortex.event.ChannelPattern;
import dev.cortex.event.Desktop;
import java.util.List;
import java.util.Set;

/**
 * A callback that proved to be its desktop's.
 *
 * @param subject who registers it
 * @param subjectOrgs the orgs that one belongs to; empty means every org
 * @param orgs the orgs it is for, some of those
 * @param channels what the desktop may read; empty for everything
 * @param leaseUntilMs when it ends unless it is renewed, Unix milliseconds
 */
@Pure
record Registration(
    String subject,
    Set<String> subjectOrgs,
    Desktop desktop,
    List<String> orgs,
    String url,
    String secret,
    List<ChannelPattern> channels,
    long leaseUntilMs) {}
