interface TabsProps<T extends string> {
  label: string;
  tabs: readonly { id: T; title: string; count?: number | null }[];
  current: T;
  hrefOf(id: T): string;
}

/** Links to the parts of a page; each part is a URL, so that it can be shared and gone back to. */
export function Tabs<T extends string>({ label, tabs, current, hrefOf }: TabsProps<T>) {
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map(({ id, title, count }) => (
        <a key={id} href={hrefOf(id)} aria-current={id === current ? 'page' : undefined}>
          {title}
          {count !== undefined && count !== null && <span class="tab-count">{count}</span>}
        </a>
      ))}
    </nav>
  );
}
