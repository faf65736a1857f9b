package dev.cortex.sync;

import dev.cortex.base.Pure;
import dev.cortex.event.JsonSlice;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What has to be known of one event, or an array of events, before they are read as such.
 *
 * @param array whether it is an array
 * @param count how many elements it has; 1 for a single event
 * @param orgs the orgs that are named, by whatever name; an empty text when there is an event that names none
 * @param cloudEvent whether the first is a CloudEvent
 */
@Pure
record Elements(boolean array, int count, Set<String> orgs, boolean cloudEvent) {

  private static final Set<String> ORG_NAMES = Set.of("orgId", "tenantId", "orgid");
  private static final String CLOUD_EVENT = "specversion";
  private static final Set<String> NAMES = Set.of("orgId", "tenantId", "orgid", CLOUD_EVENT);

  /**
   * Looks over one event or an array of events.
   *
   * @throws dev.cortex.event.RefusedException when there are more than {@code max}
   */
  static Elements of(JsonSlice value, int max) {
    List<JsonSlice> events = value.isArray() ? Fields.elements(value, max) : List.of(value);
    Set<String> orgs = new HashSet<>();
    boolean cloudEvent = false;
    for (int i = 0; i < events.size(); i++) {
      Fields fields = Fields.of(events.get(i), NAMES);
      boolean named = false;
      for (String name : ORG_NAMES) {
        if (fields.get(name).isString()) {
          orgs.add(fields.text(name));
          named = true;
        }
      }
      if (!named) {
        orgs.add("");
      }
      cloudEvent |= i == 0 && fields.get(CLOUD_EVENT).isPresent();
    }
    return new Elements(value.isArray(), events.size(), Set.copyOf(orgs), cloudEvent);
  }
}
