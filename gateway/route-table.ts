// Finds the route of a method and a path; knows which methods a path has.
//
//   R1. A literal segment wins over a parameter: /v1/holds/x never hides /v1/holds.
//   R2. HEAD is answered wherever GET is; OPTIONS everywhere.

import { assert } from '../shared/assert.ts'
import type { Route } from './http/route.ts'

interface Node {
  readonly literals: Map<string, Node>
  parameter: Node | undefined
  readonly routes: Map<string, Route>
  names: readonly string[]
  allow: readonly string[]
}

export interface Found {
  /** undefined: the path exists, the method does not */
  readonly route: Route | undefined
  readonly params: Readonly<Record<string, string>>
  readonly allow: readonly string[]
}

export class RouteTable {
  readonly #root = newNode()

  constructor(routes: readonly Route[]) {
    for (const route of routes) this.#add(route)
  }

  /** undefined: no such path. */
  find(method: string, path: string): Found | undefined {
    const values: string[] = []
    let node: Node | undefined = this.#root
    for (const segment of path.slice(1).split('/')) {
      const literal: Node | undefined = node.literals.get(segment)
      if (literal === undefined) values.push(segment)
      node = literal ?? (segment === '' ? undefined : node.parameter) // R1
      if (node === undefined) return undefined
    }
    if (node.routes.size === 0) return undefined
    const route = node.routes.get(method === 'HEAD' ? 'GET' : method)
    return { route, params: paramsOf(node.names, values), allow: node.allow }
  }

  #add(route: Route): void {
    const { path, method } = route.spec
    const names: string[] = []
    let node = this.#root
    for (const segment of path.slice(1).split('/')) {
      const name = /^\{(\w+)\}$/.exec(segment)?.[1]
      if (name !== undefined) names.push(name)
      node = name === undefined ? literalOf(node, segment) : parameterOf(node)
    }
    assert(!node.routes.has(method), `routes: ${method} ${path} stands twice in the table`)
    node.routes.set(method, route)
    node.names = names
    node.allow = allowOf(node)
  }
}

function newNode(): Node {
  return { literals: new Map(), parameter: undefined, routes: new Map(), names: [], allow: [] }
}

function literalOf(node: Node, segment: string): Node {
  const known = node.literals.get(segment) ?? newNode()
  node.literals.set(segment, known)
  return known
}

function parameterOf(node: Node): Node {
  node.parameter ??= newNode()
  return node.parameter
}

function paramsOf(names: readonly string[], values: readonly string[]): Record<string, string> {
  const params: Record<string, string> = {}
  for (const [index, name] of names.entries()) params[name] = decoded(values[index] ?? '')
  return params
}

/** A broken escape stays as it came: it names nothing that exists. */
function decoded(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function allowOf(node: Node): readonly string[] {
  const methods = [...node.routes.keys()]
  return [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'] // R2
}
