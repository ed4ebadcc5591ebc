// What Grafana itself says that a dashboard is (@grafana/schema), with the panels that there are in this one.
import type { Dashboard, GraphFieldConfig, Panel, RowPanel } from "@grafana/schema";
import type { Options as StatOptions } from "@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen";
import type { Options as TimeSeriesOptions } from "@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen";

// In JSON the values of an enum of texts are texts.
type InJson<T> = T extends string ? `${T}` : T extends object ? { [K in keyof T]: InJson<T[K]> } : T;

type PanelOf<Type, Options, Custom> = Omit<Panel<Options, Custom>, "type" | "options"> & { type: Type; options: Options };
type Known = RowPanel | PanelOf<"stat", StatOptions, never> | PanelOf<"timeseries", TimeSeriesOptions, GraphFieldConfig>;

export type Imported = InJson<Omit<Dashboard, "panels"> & { panels: Known[] }>;
