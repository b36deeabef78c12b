// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

/**
 * What overrides/GFlow.js adds to the types that ts-for-gir makes of the GIR, gflow-1.d.ts.
 */
declare module 'gi://GFlow?version=1' {
    import type Gio from '@girs/gio-2.0';
    import type GLib from '@girs/glib-2.0';
    import type GObject from '@girs/gobject-2.0';

    export namespace GFlow {
        /** A node whose function returns T, or a promise of T. */
        interface ResultNode<T> extends FlowNode {
            readonly __result?: T;
        }

        type Upstream = FlowNode | string;
        type UpstreamTable = {[name: string]: Upstream};
        type Results<U extends UpstreamTable> = {
            [K in keyof U]: U[K] extends ResultNode<infer T> ? T | null : unknown;
        };

        interface NodeOptions {
            name?: string | null;
            upstream?: Upstream | Upstream[];
            lock?: FlowLock | FlowLock[];
            title?: string;
            priority?: number;
            weight?: number;
            /** Not WORKER: JavaScript has one thread. */
            placement?: FlowPlacement.CONTEXT;
            run_when?: FlowRunWhen;
            /** Of one call, in milliseconds */
            timeout?: number;
            max_retries?: number;
            /** In milliseconds */
            retry_delay?: number;
            retry_factor?: number;
            retry_jitter?: number;
        }

        type NodeFunction<T> =
            (run: FlowRun, node: FlowNode, cancellable: Gio.Cancellable) => T | PromiseLike<T>;
        type NodeFunctionOf<U extends UpstreamTable, T> =
            (results: Results<U>, run: FlowRun, node: FlowNode, cancellable: Gio.Cancellable) =>
                T | PromiseLike<T>;

        interface MakeNode {
            <T>(fn: NodeFunction<T>): ResultNode<T>;
            <T>(options: NodeOptions, fn: NodeFunction<T>): ResultNode<T>;
            <const U extends UpstreamTable, T>(
                options: Omit<NodeOptions, 'upstream'> & {upstream: U},
                fn: NodeFunctionOf<U, T>
            ): ResultNode<T>;
        }

        /** A node that is in no flow yet: for a group. */
        const node: MakeNode;
        function series(...items: (FlowNode | FlowGroup)[]): FlowGroup;
        function parallel(...items: (FlowNode | FlowGroup)[]): FlowGroup;

        /** What became of a node: what `for await (const step of run)` gives. */
        interface Step {
            readonly node: FlowNode;
            readonly state: FlowNodeState;
            readonly reason: string | null;
            /** What was thrown, of whatever type. */
            readonly error: unknown;
        }

        interface Flow<A extends GObject.Object = GObject.Object> extends Iterable<FlowNode> {
            node: MakeNode;
            map<T, I = any>(
                options: Omit<NodeOptions, 'upstream'> & {
                    items?: Iterable<I> | ((run: FlowRun, node: FlowNode) => Iterable<I>);
                    upstream?: Upstream | Upstream[];
                    max_parallel?: number;
                },
                fn: (item: I, run: FlowRun, node: FlowNode, cancellable: Gio.Cancellable) =>
                    T | PromiseLike<T>
            ): ResultNode<T[]>;
            execute(): Promise<FlowRun>;
            execute_sync(): FlowRun;
            plot(file: Gio.File | string, run?: FlowRun | null,
                cancellable?: Gio.Cancellable | null): Promise<boolean>;
            plot_sync(file: Gio.File | string, run?: FlowRun | null,
                cancellable?: Gio.Cancellable | null): boolean;
        }

        interface FlowRun extends AsyncIterable<Step>, Iterable<FlowStep> {
            set_node_progress(node: FlowNode, fraction?: number, message?: string | null): void;
            execute(): Promise<boolean>;
            execute_sync(): boolean;
            result<T>(node: ResultNode<T>): T | null;
            result(node: FlowNode): unknown;
            /** Asks the handlers of `ask`. */
            ask(node: FlowNode, question: string | FlowQuestion,
                options?: {choices?: string[], default?: string | number | boolean | GLib.Variant}):
                Promise<any>;
            /** Starts a run as a part of the node. */
            spawn(node: FlowNode, subflow: Flow, properties?: Partial<FlowRun.ConstructorProps>):
                FlowRun;
            /** Settles when a run that was started has ended. */
            wait(): Promise<FlowRun>;
            /** Of the downstreams of the node only these go on. */
            select(node: FlowNode, ...downstreams: (FlowNode | string | null)[]): void;
            /** What the node has thrown; without one, what has ended the run. */
            error_of(node?: FlowNode | null): GLib.Error | Error | unknown;
        }

        interface FlowQuestion {
            answer(value: string | number | boolean | GLib.Variant): void;
        }

        interface FlowLock {
            acquire(): Promise<boolean>;
        }

        type DocumentLike = FlowDocument | string | Uint8Array | GLib.Bytes | GLib.Variant |
            {[name: string]: unknown};

        function document(value: DocumentLike): FlowDocument;
        function source(inputs: FlowSource | Gio.ListModel | DocumentLike | Iterable<DocumentLike> |
            AsyncIterable<DocumentLike> | (() => unknown)): FlowSource;

        interface FlowDocument {
            /** What it has, as an object that document() takes. */
            to_object(): {[name: string]: unknown};
        }

        type Documents = Gio.ListModel<FlowDocument>;
        interface EachDocument extends Iterable<FlowDocument>, AsyncIterable<FlowDocument> {}

        interface FlowSource extends EachDocument {
            next(n_documents?: number, cancellable?: Gio.Cancellable | null): Promise<Documents>;
            next_sync(n_documents?: number, cancellable?: Gio.Cancellable | null): Documents;
        }

        interface FlowFileSource extends EachDocument {
            next(n_documents?: number, cancellable?: Gio.Cancellable | null): Promise<Documents>;
            next_sync(n_documents?: number, cancellable?: Gio.Cancellable | null): Documents;
        }

        interface FlowReader extends EachDocument {
            set_fields(fields: GLib.Variant | {[column: string]: string} | null): void;
            next(n_documents?: number, cancellable?: Gio.Cancellable | null): Promise<Documents>;
            next_sync(n_documents?: number, cancellable?: Gio.Cancellable | null): Documents;
        }

        /** Documents replace those of the request; an object is the result. */
        type Answer = void | null | Gio.ListModel | DocumentLike[] | GLib.Variant |
            {[name: string]: unknown};
        type Endpoint<E = FlowExecutor> = (this: E, documents: Gio.ListStore<FlowDocument>,
            parameters: any, request: FlowRequest, cancellable: Gio.Cancellable) =>
                Answer | PromiseLike<Answer>;

        /** Functions, or names of methods; `default` is for all other endpoints. */
        type Endpoints<E = FlowExecutor> = {[endpoint: string]: Endpoint<E> | string};

        /** Subclasses have `static endpoints: Endpoints`, and may have these. */
        interface FlowExecutor {
            setup?(cancellable: Gio.Cancellable): void | PromiseLike<void>;
            teardown?(cancellable: Gio.Cancellable): void | PromiseLike<void>;
        }

        /** By endpoint, and `default`: how many documents of several requests are served together, and
         * how long a request waits for others, in milliseconds */
        interface Batchings {
            [endpoint: string]: {preferred_batch_size: number, timeout?: number};
        }

        interface ExecutorOptions extends Omit<NodeOptions, 'upstream' | 'placement'> {
            /** A class, what makes one, or one; null lets the documents pass. */
            uses?: (new (options: any) => FlowExecutor) | ((options: any) => FlowExecutor) |
                FlowExecutor | null;
            uses_with?: {[name: string]: unknown};
            uses_metas?: {name?: string, description?: string, workspace?: string | Gio.File};
            /** Endpoints, and the names of the methods that serve them, in this flow only */
            uses_requests?: {[endpoint: string]: string};
            uses_dynamic_batching?: Batchings;
            needs?: Upstream | Upstream[] | null;
            /** Shards, and how many of each */
            parallel?: number;
            replicas?: number;
            polling?: FlowPolling | string | {[endpoint: string]: FlowPolling | string};
            scheduling?: FlowScheduling | string;
            uses_before?: ExecutorOptions['uses'];
            uses_after?: ExecutorOptions['uses'];
            /** What parts become; a function of the lists of their documents */
            reducer?: FlowReducer | string | ((parts: FlowDocument[][]) => Iterable<DocumentLike>);
            /** Which documents go there */
            when?: {[name: string]: unknown} | ((document: FlowDocument) => boolean);
            detached?: boolean;
        }

        interface PostOptions {
            parameters?: {[name: string]: unknown} | GLib.Variant | null;
            on_done?(response: FlowRequest): void;
            on_error?(response: FlowRequest): void;
            on_always?(response: FlowRequest): void;
            request_size?: number;
            max_in_flight?: number;
            request_timeout?: number;
            ordered?: boolean;
            continue_on_error?: boolean;
            target?: string | null;
            n_total?: number;
        }

        type Inputs = Parameters<typeof source>[0] | null;

        interface Flow<A extends GObject.Object = GObject.Object> {
            add(executor?: ExecutorOptions): this;
            /** An executor that looks at what a node leaves, and changes nothing of what goes on. */
            tap(executor: Omit<ExecutorOptions, 'needs'> & {
                node?: FlowNode | string | null,
                mode?: FlowTap | string,
            }): this;
            needs(needs: Upstream[], name?: string | null): this;
            needs_all(name?: string | null): this;
            open(cancellable?: Gio.Cancellable | null): Promise<boolean>;
            close(cancellable?: Gio.Cancellable | null): Promise<boolean>;
            post(endpoint: string, inputs?: Inputs, options?: PostOptions): FlowPost;
            index(inputs?: Inputs, options?: PostOptions): FlowPost;
            search(inputs?: Inputs, options?: PostOptions): FlowPost;
            update(inputs?: Inputs, options?: PostOptions): FlowPost;
            delete(inputs?: Inputs, options?: PostOptions): FlowPost;
        }

        /** A promise of the responses, which are asked for when somebody waits for them. */
        interface FlowPost extends Promise<FlowRequest[]>, AsyncIterable<FlowRequest> {
            run(cancellable?: Gio.Cancellable | null): Promise<boolean>;
            next(cancellable?: Gio.Cancellable | null): Promise<FlowRequest | null>;
            collect(cancellable?: Gio.Cancellable | null): Promise<Gio.ListModel<FlowRequest>>;
        }

        interface FlowRequest {
            /** The parameters, as an object. */
            to_parameters(): {[name: string]: unknown};
            /** What the executor of a node has left beside the documents. */
            result(name: string): unknown;
            /** What an executor has thrown. */
            error_of(): GLib.Error | Error | unknown;
        }

        interface FlowWriter {
            write(documents: Gio.ListModel | Iterable<DocumentLike>,
                cancellable?: Gio.Cancellable | null): Promise<boolean>;
            write_sync(documents: Gio.ListModel | Iterable<DocumentLike>,
                cancellable?: Gio.Cancellable | null): boolean;
            close(cancellable?: Gio.Cancellable | null): Promise<boolean>;
        }

        interface FlowHistory {
            load(file: Gio.File): Promise<boolean>;
            save(file: Gio.File): Promise<boolean>;
        }
    }
}
